package greg.pruning.run;

import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.PrunableLayer;
import greg.pruning.target.GlobalRatios;
import greg.pruning.target.InheritedPruning;
import greg.pruning.target.PruningRatios;
import greg.pruning.target.SkipLayers;
import java.util.List;

/**
 * How much goes, and where.
 *
 * @param ratios which share of each layer; null if inherited
 * @param skip layers to leave whole
 * @param inherited what another run pruned, or null
 * @param coupled whether channels tied by residual additions are pruned too
 * @param global whether the one ratio is a share of all groups of the network
 */
public record Target(
        PruningRatios ratios, SkipLayers skip, InheritedPruning inherited, boolean coupled, boolean global) {
    /** Those ratios, except for those layers. */
    public static Target of(PruningRatios ratios, SkipLayers skip) {
        return new Target(ratios, skip, null, false, false);
    }

    /** The ratio of each layer, before a global one is spread over them. */
    public PruningRatios.Resolved resolve(List<PrunableLayer> layers, ChannelSets sets) {
        return inherited != null ? inherited.ratios(layers, sets) : ratios.resolve(layers, sets, skip);
    }

    /** The ratio of each layer; a global one depends on the weights of the graph's network as they are now. */
    public double[] shares(ChannelGraph graph, List<PrunableLayer> layers, ChannelSets sets) {
        double[] resolved = resolve(layers, sets).ratios();
        return global ? GlobalRatios.of(graph, layers, resolved, sets) : resolved;
    }
}
