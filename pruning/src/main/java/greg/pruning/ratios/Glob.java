package greg.pruning.ratios;

import greg.pruning.graph.Layer;
import greg.pruning.graph.NearestName;
import java.util.Collection;
import java.util.regex.Pattern;

/** Layer name patterns: {@code *} stands for any characters, dots included, {@code ?} for one; the whole name must match. */
public final class Glob {
    private final String text;
    private final Pattern pattern;

    public Glob(String text) {
        this.text = text;
        StringBuilder regex = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        pattern = Pattern.compile(regex.toString());
    }

    public boolean matches(String name) {
        return pattern.matcher(name).matches();
    }

    /** By the name that users call the layer, or the full name of its weight. */
    boolean matches(Layer layer) {
        return matches(layer.name()) || matches(layer.parameter());
    }

    /** {@code " (did you mean 'conv1'?)"} for a name that is like one of these; nothing for a pattern, which may mean many. */
    String hint(Collection<Layer> layers) {
        if (text.indexOf('*') >= 0 || text.indexOf('?') >= 0) return "";
        return NearestName.hint(text, layers.stream().map(Layer::name).toList());
    }
}
