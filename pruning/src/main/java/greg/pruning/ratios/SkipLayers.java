package greg.pruning.ratios;

import greg.nn.SettingException;
import greg.pruning.graph.Layer;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Layers that keep ratio 0. In a network with stages a number entry matches every
 * layer whose "stage.block.conv" starts with it, as text: the reference implementation's rule, by which 1.1 also
 * matches blocks 10 to 19 of stage 1 (that gives a warning). In a single-branch network it is a layer index. An entry
 * with a letter or a star is a name glob, in any network.
 */
public final class SkipLayers {
    private static final Pattern NUMBER = Pattern.compile("\\d+(\\.\\d+){0,2}");
    private static final Pattern NAME = Pattern.compile("[\\w.*?-]*[a-zA-Z*?][\\w.*?-]*");

    /** No exceptions. */
    public static final SkipLayers NONE = new SkipLayers(List.of());

    private final List<String> entries;

    private SkipLayers(List<String> entries) {
        this.entries = entries;
    }

    /**
     * Parses a list such as {@code [1.0,2.3]}; the empty text and {@code []} skip nothing. IllegalArgumentException names a
     * bad entry.
     */
    public static SkipLayers parse(String text) {
        String list = text.strip();
        if (list.startsWith("[") && list.endsWith("]")) {
            list = list.substring(1, list.length() - 1);
        }
        if (list.isBlank()) {
            return NONE;
        }
        List<String> entries = Stream.of(list.split(",", -1)).map(String::strip).toList();
        for (String entry : entries) {
            if (!NUMBER.matcher(entry).matches() && !NAME.matcher(entry).matches()) {
                throw new SettingException(
                        "skipLayers",
                        "expected stage.block.conv (1.0), a layer index or a name" + " glob, got '" + entry + "' in '"
                                + text + "'");
            }
        }
        return new SkipLayers(entries);
    }

    /** True if nothing is skipped. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** True if that layer is to stay whole. */
    public boolean matches(Layer layer) {
        return entries.stream().anyMatch(entry -> matches(entry, layer));
    }

    private static boolean matches(String entry, Layer layer) {
        if (!NUMBER.matcher(entry).matches()) {
            return new Glob(entry).matches(layer);
        }
        return layer.staged()
                ? layer.address().startsWith(entry)
                : Integer.toString(layer.index()).equals(entry);
    }

    /** Every entry must match some layer of the network; matches that look unintended are added to {@code warnings}. */
    public void check(List<Layer> layers, List<String> warnings) {
        for (String entry : entries) {
            List<Layer> hits = layers.stream().filter(l -> matches(entry, l)).toList();
            if (hits.isEmpty()) {
                String hint = NUMBER.matcher(entry).matches() ? "" : new Glob(entry).hint(layers);
                throw new SettingException(
                        "skipLayers",
                        "'" + entry + "' matches no layer" + hint + "; layers are listed by ChannelGraph.layers()");
            }
            if (layers.get(0).staged() && NUMBER.matcher(entry).matches()) {
                hits.stream()
                        .filter(l -> !(l.address() + ".").startsWith(entry + "."))
                        .findFirst()
                        .ifPresent(l -> warnings.add("skipLayers: '" + entry + "' also matches " + l.name() + " ("
                                + l.address() + "), as in the reference implementation"));
            }
        }
    }
}
