package greg.pruning.ratios;

import greg.kernels.spec.GroupIndex;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Coupling;
import greg.pruning.graph.Layer;
import greg.pruning.select.L1Scores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is ranked as one layer: a set of layers that lose the same channels, or a layer on its own.
 *
 * @param layers their numbers in the graph
 * @param scores of each unit, L1 norms summed over the layers
 * @param groupsPerUnit groups that go with a unit, in all layers together
 */
public record ScoredSet(List<Integer> layers, float[] scores, int groupsPerUnit) {
    /**
     * All sets that lose something, scored by the weights that the network has now.
     *
     * @param ratios one per layer of the graph; 0 for layers that stay whole
     */
    public static List<ScoredSet> of(ChannelGraph graph, double[] ratios, ChannelSets sets) {
        Map<String, List<Integer>> bySet = new LinkedHashMap<>();
        for (int i = 0; i < ratios.length; i++) {
            Layer layer = graph.layers().get(i);
            boolean penalisedOnly = sets.granularity().structured() && layer.linear();
            if (ratios[i] == 0 || penalisedOnly) continue;
            String set = sets.coupling(layer).set();
            bySet.computeIfAbsent(set, s -> new ArrayList<>()).add(i);
        }
        List<ScoredSet> scored = new ArrayList<>();
        for (List<Integer> layers : bySet.values()) {
            float[] sums = null;
            int groups = 0;
            for (int i : layers) {
                Layer layer = graph.layers().get(i);
                Coupling coupling = sets.coupling(layer);
                GroupIndex index = sets.granularity().index(layer);
                float[] scores = L1Scores.ofWeights(graph.weight(layer).tensor().toHost(), index);
                if (sums == null) sums = new float[coupling.count(scores.length)];
                for (int g = 0; g < scores.length; g++)
                    sums[coupling.units() == null ? g : coupling.units()[g]] += scores[g];
                groups += scores.length;
            }
            scored.add(new ScoredSet(layers, sums, groups / sums.length));
        }
        return scored;
    }
}
