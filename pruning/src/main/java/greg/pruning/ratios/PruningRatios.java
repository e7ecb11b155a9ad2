package greg.pruning.ratios;

import greg.nn.SettingException;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.report.Written;
import greg.pruning.select.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The share of its groups that each layer loses. Four ways to write it:
 *
 * <ul>
 *   <li>{@code [0,0.5,0.5,0.5,0]}: a ratio per stage of a residual network: stem, stages, classifier;
 *   <li>{@code [1-15:0.7, 20:0.5]}: layer index ranges of a single-branch network, both ends included, 0 elsewhere;
 *   <li>{@code layer2.*.conv1:0.5,layer3.*.conv1:0.7}: name globs, any network; the last match for a layer applies, 0
 *       elsewhere;
 *   <li>{@code 0.5}: every layer that can lose groups.
 * </ul>
 *
 * A ratio is in [0, 1), or {@link Selection#AUTOMATIC -1} for the largest gap in the layer's own scores. Whatever the
 * ratios, layers stay whole whose channels are tied by an addition, are the image's planes or the network's outputs, follow
 * another layer's, or overlap with another's ({@link ChannelSets#whyWhole}); an entry that could have no effect at all is
 * an error, which gives the reasons.
 */
public final class PruningRatios {
    private static final int NAMES_IN_MESSAGE = 3;
    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?\\s*:\\s*(\\S+)");
    private static final Pattern GLOB = Pattern.compile("([\\w.*?-]+)\\s*:\\s*(\\S+)");

    private enum Form {
        STAGES,
        RANGES,
        GLOBS,
        GLOBAL
    }

    /** One ratio and the layers it is for: a stage or index range from..to, or a glob. */
    private record Entry(String text, double ratio, int from, int to, Glob glob) {}

    /**
     * What the text means for a network.
     *
     * @param ratios one per layer, in the order of the layers given
     * @param warnings one line each, to be shown to the user
     */
    record Resolved(double[] ratios, List<String> warnings) {}

    private final String text;
    private final Form form;
    private final List<Entry> entries = new ArrayList<>();

    private PruningRatios(String text, Form form) {
        this.text = text;
        this.form = form;
    }

    /**
     * A ratio for each layer or name glob; as in the text form, the last match for a layer applies, in the order of the map.
     *
     * @throws IllegalArgumentException for a ratio outside of [0, 1) that is not {@link Selection#AUTOMATIC}
     */
    public static PruningRatios of(Map<String, Double> ratios) {
        String text = ratios.entrySet().stream()
                .map(e -> e.getKey() + ":" + e.getValue())
                .collect(Collectors.joining(","));
        PruningRatios result = new PruningRatios(text, Form.GLOBS);
        ratios.forEach((name, ratio) -> result.entries.add(
                new Entry(name + ":" + ratio, result.checked(ratio, ratio.toString()), 0, 0, new Glob(name))));
        return result;
    }

    /** Parses the text; {@link SettingException} says what is wrong and how to write it. */
    public static PruningRatios parse(String text) {
        String list = text.strip();
        boolean bracketed = list.startsWith("[") && list.endsWith("]") && list.length() > 1;
        if (bracketed) {
            list = list.substring(1, list.length() - 1);
        }
        boolean pairs = list.contains(":");
        Form form = bracketed ? (pairs ? Form.RANGES : Form.STAGES) : (pairs ? Form.GLOBS : Form.GLOBAL);
        PruningRatios parsed = new PruningRatios(text, form);
        String[] parts = form == Form.GLOBAL ? new String[] {list} : list.split(",", -1);
        for (int i = 0; i < parts.length; i++) {
            parsed.entries.add(parsed.entry(parts[i].strip(), i));
        }
        return parsed;
    }

    private Entry entry(String part, int position) {
        switch (form) {
            case STAGES:
                return new Entry(part, ratio(part), position, position, null);
            case GLOBAL:
                return new Entry(part, ratio(part), 0, Integer.MAX_VALUE, null);
            case GLOBS:
                Matcher glob = GLOB.matcher(part);
                if (!glob.matches()) {
                    throw error("'" + part
                            + "' is not a name:ratio pair; write layer2.*.conv1:0.5, or put layer index ranges"
                            + " in brackets: [1-15:0.7]");
                }
                return new Entry(part, ratio(glob.group(2)), 0, 0, new Glob(glob.group(1)));
            default:
                Matcher range = RANGE.matcher(part);
                if (!range.matches()) {
                    throw error("'" + part + "' is not an index range; write [1-15:0.7, 20:0.5], or name globs without"
                            + " brackets: layer2.*.conv1:0.5");
                }
                int from = Integer.parseInt(range.group(1));
                int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
                if (to < from) {
                    throw error("range '" + part + "' ends before it starts");
                }
                for (Entry other : entries) {
                    if (from <= other.to && other.from <= to) {
                        throw error("'" + other.text + "' and '" + part + "' overlap; give every layer index once");
                    }
                }
                return new Entry(part, ratio(range.group(3)), from, to, null);
        }
    }

    private double ratio(String number) {
        double ratio;
        try {
            ratio = Double.parseDouble(number);
        } catch (NumberFormatException e) {
            throw error(
                    "'" + number + "' is not a number; write one ratio (0.5), one per stage ([0,0.5,0.5,0.5,0]), index"
                            + " ranges ([1-15:0.7]) or name globs (layer2.*:0.5)");
        }
        return checked(ratio, number);
    }

    private double checked(double ratio, String number) {
        if (!(ratio >= 0 && ratio < 1) && ratio != Selection.AUTOMATIC) {
            throw error("ratio " + number + " is outside [0, 1); use -1 to let the scores decide");
        }
        return ratio;
    }

    /**
     * The ratio of each layer, in the order of the graph's: every set of layers that are pruned together has one ratio, the
     * smallest of its layers'. With {@link Granularity#WEIGHT} there are no exceptions and nothing is skipped.
     *
     * @throws IllegalArgumentException if the text does not fit the network, saying which stages or layers it has
     */
    Resolved resolve(ChannelSets sets, SkipLayers skip) {
        List<Layer> layers = sets.layers();
        Granularity granularity = sets.granularity();
        if (layers.isEmpty()) {
            throw error("the network has no convolution and no linear layer");
        }
        List<String> warnings = new ArrayList<>();
        checkForm(layers, warnings);
        skip.check(layers, warnings);
        if (!granularity.structured() && !skip.isEmpty()) {
            warnings.add("skipLayers has no effect with granularity = weight, as in the reference implementation");
        }
        double[] ratios = new double[layers.size()];
        for (Entry entry : entries) {
            List<Layer> matched = new ArrayList<>();
            for (int i = 0; i < ratios.length; i++) {
                Layer layer = layers.get(i);
                if (!appliesTo(entry, layer, sets)) continue;
                matched.add(layer);
                boolean whole = sets.keepsWhole(layer) || (granularity.structured() && skip.matches(layer));
                ratios[i] = whole ? 0 : entry.ratio;
            }
            checkEffect(entry, matched, sets);
        }
        checkLinear(layers, ratios, granularity, warnings);
        agree(sets, ratios, warnings);
        return new Resolved(ratios, List.copyOf(warnings));
    }

    /** One ratio per set: the smallest that its layers were given, since a layer with ratio 0 is to stay whole. */
    private static void agree(ChannelSets sets, double[] ratios, List<String> warnings) {
        for (List<Layer> set : sets.shared()) {
            int[] members = set.stream().mapToInt(sets.layers()::indexOf).toArray();
            double[] given = Arrays.stream(members)
                    .mapToDouble(i -> ratios[i])
                    .distinct()
                    .toArray();
            if (given.length == 1) continue;
            double smallest = Arrays.stream(given)
                    .filter(r -> r != Selection.AUTOMATIC)
                    .min()
                    .orElseThrow();
            for (int i : members) ratios[i] = smallest;
            warnings.add("ratios: " + set.stream().map(Layer::name).collect(Collectors.joining(", "))
                    + " lose the same channels, so the smallest of their ratios applies, " + smallest);
        }
    }

    private boolean appliesTo(Entry entry, Layer layer, ChannelSets sets) {
        return switch (form) {
            case STAGES -> sets.stage(layer) == entry.from;
            case RANGES -> layer.index() >= entry.from && layer.index() <= entry.to;
            case GLOBS -> entry.glob.matches(layer);
            case GLOBAL -> !(sets.granularity().structured() && layer.linear());
        };
    }

    /** Checks that the form fits this kind of network. */
    private void checkForm(List<Layer> layers, List<String> warnings) {
        boolean staged = layers.stream().anyMatch(Layer::staged);
        if (form == Form.STAGES) {
            if (!staged) {
                throw error("the network has no stages; give layer index ranges ([1-15:0.7]) or name globs"
                        + " (features.*:0.5)");
            }
            int stages = layers.stream().mapToInt(Layer::stage).max().orElse(0) + 1;
            if (entries.size() != stages) {
                throw error("expected " + stages + " ratios, one per stage, got " + entries.size() + "; the stages are "
                        + describeStages(layers, stages));
            }
        } else if (form == Form.RANGES) {
            if (staged) {
                throw error("layer index ranges are for single-branch networks; give a ratio per stage"
                        + " ([0,0.5,0.5,0.5,0]) or name globs (layer2.*:0.5)");
            }
            Layer last = layers.get(layers.size() - 1);
            for (Entry entry : entries) {
                if (entry.from > last.index()) {
                    throw error("'" + entry.text + "' starts beyond the last layer, which is " + last.index() + " ("
                            + last.name() + ")");
                }
                if (entry.to > last.index()) {
                    warnings.add("ratios: '" + entry.text + "' ends beyond the last layer, which is " + last.index()
                            + " (" + last.name() + "); cut there");
                }
            }
        }
    }

    private static String describeStages(List<Layer> layers, int stages) {
        List<String> names = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            int number = stage;
            List<String> members = layers.stream()
                    .filter(l -> l.stage() == number)
                    .map(Layer::name)
                    .toList();
            int last = members.size() - 1;
            names.add(stage + " = "
                    + (members.isEmpty()
                            ? "no layer"
                            : members.get(0) + (members.size() > 1 ? " to " + members.get(last) : "")));
        }
        return String.join(", ", names);
    }

    /** An entry with a ratio but without effect is a mistake that must be reported. */
    private void checkEffect(Entry entry, List<Layer> matched, ChannelSets sets) {
        String entryText = "'" + entry.text + "'";
        String groups = Written.name(sets.granularity()) + " groups";
        if (matched.isEmpty() && form == Form.GLOBAL) {
            throw error("the network has no layer with " + groups + " to remove; use granularity = weight");
        }
        if (matched.isEmpty() && form == Form.STAGES) {
            if (entry.ratio == 0) return; // a network may begin with a block, and have no stem
            throw error(entryText + " for stage " + entry.from + ": no "
                    + sets.granularity().channels() + " belong to that stage; give 0 there");
        }
        if (matched.isEmpty()) {
            String hint = form == Form.GLOBS ? entry.glob.hint(sets.layers()) : "";
            throw error(entryText + " matches no layer" + hint + "; layers are listed by ChannelGraph.layers()");
        }
        if (entry.ratio != 0 && matched.stream().allMatch(sets::keepsWhole)) {
            String which = form == Form.STAGES ? entryText + " for stage " + entry.from : entryText;
            int more = matched.size() - NAMES_IN_MESSAGE;
            String reasons = matched.stream()
                    .limit(NAMES_IN_MESSAGE)
                    .map(layer -> layer.name() + " (" + sets.whyWhole(layer) + ")")
                    .collect(Collectors.joining(", "));
            throw error(which + " applies only to layers that must stay whole with " + groups + ": " + reasons
                    + (more > 0 ? " and " + more + " more" : "") + "; give 0 there");
        }
    }

    /** Linear layers with structured groups: penalised, but never made smaller by their own ratio. */
    private void checkLinear(List<Layer> layers, double[] ratios, Granularity granularity, List<String> warnings) {
        List<String> linear = new ArrayList<>();
        boolean any = false;
        for (int i = 0; i < ratios.length; i++) {
            any |= ratios[i] != 0 && !layers.get(i).linear();
            if (ratios[i] != 0 && layers.get(i).linear()) {
                linear.add(layers.get(i).name());
            }
        }
        if (granularity.structured() && !linear.isEmpty()) {
            String names = linear.stream().collect(Collectors.joining(", "));
            if (!any) {
                throw error("only linear layers (" + names + ") have a ratio, and " + Written.name(granularity)
                        + " groups of those are never removed; use granularity = weight or give convolutions a ratio");
            }
            warnings.add("ratios: " + names + ": penalised, but no " + Written.name(granularity)
                    + " of a linear layer is removed, as in the reference implementation");
        } else if (!any && linear.isEmpty()) {
            warnings.add("ratios: every ratio is 0, nothing will be removed");
        }
    }

    private IllegalArgumentException error(String what) {
        return SettingException.of("ratios", text.strip(), what);
    }
}
