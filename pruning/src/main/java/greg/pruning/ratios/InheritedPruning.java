package greg.pruning.ratios;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.nn.Parameter;
import greg.nn.SettingException;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.report.Written;
import greg.pruning.select.Selection;
import greg.pruning.surgery.MaskPlan;
import greg.pruning.surgery.Removal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What another run pruned, to be pruned again: the same groups, or as many of them in each layer.
 * It is derived from the pruned network itself, so a run with channel groups can inherit from one with filter groups. Single
 * weights inherit from single weights only.
 *
 * @param mode what is inherited
 * @param layers by layer name; a layer that lost nothing may be missing
 */
public record InheritedPruning(Mode mode, Map<String, Loss> layers) {
    /** What is inherited. */
    public enum Mode {
        /** The groups themselves: the new run only decides how they fade. */
        @JsonProperty("index")
        INDEX,
        /** How many groups each layer loses; which ones is chosen again. */
        @JsonProperty("pr")
        PR
    }

    /**
     * What one layer lost.
     *
     * @param groups how many groups it had
     * @param pruned which of them were removed, ascending
     */
    public record Loss(int groups, int[] pruned) {}

    /**
     * From a network that was cut.
     *
     * @param removal what was cut from it, by the graph before the cut
     * @param granularity filter: rows that were removed; channel: columns that were removed
     * @throws IllegalArgumentException for channel groups, if filters were removed that no convolution reads: no column
     *     that can be removed corresponds to them
     */
    public static InheritedPruning of(Mode mode, Removal removal, Granularity granularity) {
        if (!granularity.structured()) throw new IllegalArgumentException("inherit: single weights come from masks");
        ChannelGraph graph = removal.graph();
        Map<String, Loss> layers = new LinkedHashMap<>();
        Map<String, int[]> kept = granularity == Granularity.FILTER ? removal.keptFilters() : removal.keptInputs();
        kept.forEach((name, keptGroups) -> {
            Layer layer = graph.layer(name);
            int groups = granularity.channels(layer).length;
            // linear layers and depthwise convolutions only follow
            if (!layer.linear() && !layer.depthwise())
                layers.put(name, new Loss(groups, complement(keptGroups, groups)));
        });
        if (granularity == Granularity.CHANNEL) complete(graph, removal, layers);
        return new InheritedPruning(mode, layers);
    }

    /**
     * Checks that removing these input channels removes the same filters; a Linear after the last convolution does not
     * count.
     */
    private static void complete(ChannelGraph graph, Removal removal, Map<String, Loss> layers) {
        Removal byInputs = new Removal(graph);
        layers.forEach((name, loss) -> byInputs.inputs(name, loss.pruned()));
        Map<String, int[]> keptByInputs = byInputs.keptFilters();
        List<String> unread = new ArrayList<>();
        removal.keptFilters().forEach((name, kept) -> {
            if (!keptByInputs.containsKey(name) || keptByInputs.get(name).length != kept.length) unread.add(name);
        });
        if (!unread.isEmpty()) {
            throw new SettingException(
                    "basePrModel",
                    "it lost filters of " + String.join(", ", unread)
                            + ", which no convolution reads, so channel groups cannot inherit them; use granularity = filter");
        }
    }

    /** From masks of single weights. */
    public static InheritedPruning of(Mode mode, MaskPlan masks) {
        Map<String, Loss> layers = new LinkedHashMap<>();
        masks.maskedWeights().keySet().forEach(parameter -> {
            float[] mask = masks.of(parameter);
            int[] pruned =
                    IntStream.range(0, mask.length).filter(i -> mask[i] == 0).toArray();
            layers.put(Parameter.layerName(parameter), new Loss(mask.length, pruned));
        });
        return new InheritedPruning(mode, layers);
    }

    private static int[] complement(int[] ascending, int count) {
        int[] others = new int[count - ascending.length];
        int next = 0;
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (next < ascending.length && ascending[next] == i) next++;
            else others[at++] = i;
        }
        return others;
    }

    /**
     * The ratio of each layer, of which {@link Selection#count} takes exactly as many groups as were removed there.
     *
     * @throws IllegalArgumentException if the other network has other layers, or lost groups that this one must keep
     */
    PruningRatios.Resolved ratios(ChannelSets sets) {
        Map<String, Layer> known = new HashMap<>();
        sets.layers().forEach(layer -> known.put(layer.name(), layer));
        for (String name : layers.keySet()) {
            Layer layer = known.get(name);
            if (layer == null) {
                throw new SettingException(
                        "basePrModel",
                        "it lost groups of layer " + name
                                + ", which this network does not have; name a run of the same architecture");
            }
            if (sets.keepsWhole(layer)) {
                throw new SettingException(
                        "basePrModel",
                        "it lost " + Written.name(sets.granularity()) + " groups of layer " + name
                                + ", which must stay whole here: " + sets.whyWhole(layer));
            }
        }
        double[] ratios = sets.layers().stream()
                .map(layer -> layers.get(layer.name()))
                .mapToDouble(loss -> loss == null ? 0 : Selection.ratioOf(loss.pruned().length, loss.groups()))
                .toArray();
        List<String> warnings =
                layers.isEmpty() ? List.of("basePrModel: it lost nothing, nothing will be removed") : List.of();
        return new PruningRatios.Resolved(ratios, warnings);
    }

    /** The groups of a layer to remove, or null if only their number is inherited. */
    Selection preset(Layer layer, Granularity granularity) {
        Loss loss = layers.get(layer.name());
        if (mode != Mode.INDEX || loss == null) return null;
        int groups = granularity.index(layer).count();
        if (loss.groups() != groups) {
            throw new SettingException(
                    "basePrModel",
                    "layer " + layer.name() + " had " + loss.groups() + " groups there, it has " + groups
                            + " here; name a run of the same architecture");
        }
        return Selection.of(groups, loss.pruned());
    }
}
