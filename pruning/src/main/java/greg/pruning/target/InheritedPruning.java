package greg.pruning.target;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.nn.SettingException;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.GraphLayer;
import greg.pruning.graph.PrunableLayer;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.LayerState;
import greg.pruning.growth.Semantics;
import greg.pruning.report.Written;
import greg.pruning.select.Selection;
import greg.pruning.surgery.Masks;
import greg.pruning.surgery.Removal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What another run pruned, to be done again: the same groups, or as many of them in each layer.
 * It is read off the pruned network itself, so a run with channel groups can inherit from one with filter groups. Single
 * weights inherit from single weights only.
 *
 * @param mode what is taken over
 * @param layers by layer name; a layer that lost nothing may be missing
 */
public record InheritedPruning(Mode mode, Map<String, Loss> layers) {
    /** What is taken over. */
    public enum Mode {
        /** The very groups: all that is left to the new run is how they fade. */
        @JsonProperty("index")
        INDEX,
        /** How many groups each layer loses; which ones is chosen anew. */
        @JsonProperty("pr")
        PR
    }

    /**
     * What one layer lost.
     *
     * @param groups how many groups it had
     * @param pruned which of them are gone, ascending
     */
    public record Loss(int groups, int[] pruned) {}

    /**
     * From a network that was cut.
     *
     * @param graph of the network before the cut
     * @param removal what was cut from it
     * @param wg filter: rows that are gone; channel: columns that are gone
     * @throws IllegalArgumentException for channel groups, if filters are gone that no convolution reads: no column of a
     *     layer that can lose any says so
     */
    public static InheritedPruning of(Mode mode, ChannelGraph graph, Removal removal, Granularity wg) {
        if (!wg.structured()) throw new IllegalArgumentException("inherit: single weights come from masks");
        Map<String, Loss> layers = new LinkedHashMap<>();
        Map<String, int[]> kept = wg == Granularity.FILTER ? removal.keptFilters() : removal.keptInputs();
        kept.forEach((name, stay) -> {
            GraphLayer layer = graph.layer(name);
            int groups = wg == Granularity.FILTER ? layer.rows().length : layer.columns().length;
            // linear layers and depthwise convolutions only follow
            if (!layer.linear() && !layer.depthwise()) layers.put(name, new Loss(groups, complement(stay, groups)));
        });
        if (wg == Granularity.CHANNEL) complete(graph, removal, layers);
        return new InheritedPruning(mode, layers);
    }

    /** Does losing these input channels come to the same filters? A Linear behind the last convolution has no say. */
    private static void complete(ChannelGraph graph, Removal removal, Map<String, Loss> layers) {
        Removal again = new Removal(graph);
        layers.forEach((name, loss) -> again.inputs(name, loss.pruned()));
        Map<String, int[]> said = again.keptFilters();
        List<String> silent = new ArrayList<>();
        removal.keptFilters().forEach((name, kept) -> {
            if (!said.containsKey(name) || said.get(name).length != kept.length) silent.add(name);
        });
        if (!silent.isEmpty()) {
            throw new SettingException(
                    "basePrModel",
                    "it lost filters of " + String.join(", ", silent)
                            + ", which no convolution reads, so channel groups cannot inherit them; use granularity = filter");
        }
    }

    /** From masks of single weights. */
    public static InheritedPruning of(Mode mode, Masks masks) {
        Map<String, Loss> layers = new LinkedHashMap<>();
        masks.counts().keySet().forEach(layer -> {
            float[] mask = masks.of(layer + ".weight");
            List<Integer> stay = new ArrayList<>();
            for (int i = 0; i < mask.length; i++) if (mask[i] != 0) stay.add(i);
            int[] kept = stay.stream().mapToInt(Integer::intValue).toArray();
            layers.put(layer, new Loss(mask.length, complement(kept, mask.length)));
        });
        return new InheritedPruning(mode, layers);
    }

    private static int[] complement(int[] ascending, int count) {
        int[] rest = new int[count - ascending.length];
        int next = 0;
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (next < ascending.length && ascending[next] == i) next++;
            else rest[at++] = i;
        }
        return rest;
    }

    /**
     * The ratio of each layer, of which {@link Selection#count} takes exactly as many groups as are gone there.
     *
     * @throws IllegalArgumentException if the other network has other layers, or lost groups that this one must keep
     */
    public PruningRatios.Resolved ratios(List<PrunableLayer> described, ChannelSets sets) {
        Map<String, PrunableLayer> known = new HashMap<>();
        described.forEach(layer -> known.put(layer.name(), layer));
        for (String name : layers.keySet()) {
            PrunableLayer layer = known.get(name);
            if (layer == null) {
                throw new SettingException(
                        "basePrModel",
                        "it lost groups of layer " + name
                                + ", which this network does not have; name a run of the same architecture");
            }
            if (sets.keepsWhole(layer)) {
                throw new SettingException(
                        "basePrModel",
                        "it lost " + Written.name(sets.wg()) + " groups of layer " + name
                                + ", which must stay whole here, as " + sets.whyWhole());
            }
        }
        double[] ratios = new double[described.size()];
        for (int i = 0; i < ratios.length; i++) {
            Loss loss = layers.get(described.get(i).name());
            ratios[i] = loss == null ? 0 : Selection.ratioOf(loss.pruned().length, loss.groups());
        }
        List<String> warnings =
                layers.isEmpty() ? List.of("basePrModel: it lost nothing, nothing will be removed") : List.of();
        return new PruningRatios.Resolved(ratios, warnings);
    }

    /** IllegalArgumentException for a method that would not keep to the groups of {@link Mode#INDEX}. */
    public void check(GregConfig config) {
        if (mode != Mode.INDEX || config.method().choosesFirst() && config.semantics() != Semantics.PAPER) return;
        throw SettingException.of(
                "inheritPruned",
                Written.name(mode),
                (config.method().choosesFirst()
                                ? "semantics = paper chooses again at the end"
                                : Written.name(config.method()) + " picks its groups itself")
                        + "; inherit only the ratios with inheritPruned = pr");
    }

    /** Fixes the inherited groups in the layers of a run at its start; only for {@link Mode#INDEX}. */
    public void choose(List<LayerState> states) {
        for (LayerState state : states) {
            Loss loss = layers.get(state.name());
            if (loss == null) continue;
            if (loss.groups() != state.groups().count()) {
                throw new SettingException(
                        "basePrModel",
                        "layer " + state.name() + " had " + loss.groups()
                                + " groups there, it has " + state.groups().count()
                                + " here; name a run of the same architecture");
            }
            state.pick(Selection.of(loss.groups(), loss.pruned()), -1);
        }
    }
}
