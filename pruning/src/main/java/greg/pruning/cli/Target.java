package greg.pruning.cli;

import greg.pruning.ChannelSets;
import greg.pruning.GlobalRatios;
import greg.pruning.InheritedPruning;
import greg.pruning.PrunableLayer;
import greg.pruning.PruningRatios;
import greg.pruning.SkipLayers;
import greg.pruning.graph.ChannelGraph;
import java.util.List;

/**
 * How much goes, and where.
 *
 * @param ratios {@code --stage-pr}; null if inherited
 * @param skip {@code --skip-layers}
 * @param inherited {@code --base-pr-model}, or null
 * @param coupled {@code --prune-coupled}
 * @param global {@code --global}
 */
record Target(PruningRatios ratios, SkipLayers skip, InheritedPruning inherited, boolean coupled, boolean global) {
    /** As {@code --stage-pr} says. */
    static Target of(PruningRatios ratios, SkipLayers skip) {
        return new Target(ratios, skip, null, false, false);
    }

    /** The ratio of each layer, before a global one is spread over them. */
    PruningRatios.Resolved resolve(List<PrunableLayer> layers, ChannelSets sets) {
        return inherited != null ? inherited.ratios(layers, sets) : ratios.resolve(layers, sets, skip);
    }

    /** The ratio of each layer; a global one depends on the weights of the graph's network as they are now. */
    double[] shares(ChannelGraph graph, List<PrunableLayer> layers, ChannelSets sets) {
        double[] resolved = resolve(layers, sets).ratios();
        return global ? GlobalRatios.of(graph, layers, resolved, sets) : resolved;
    }
}
