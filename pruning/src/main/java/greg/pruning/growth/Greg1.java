package greg.pruning.growth;

import java.util.List;

/**
 * GReg-1: the groups are chosen from the initial weights, and lambda_j += delta lambda for those only (eq. 2).
 *
 * <p>A visit (a) updates the moving average of the layer's magnitude ratio (its history), (b) raises lambda, (c) ends the
 * growth if <em>every</em> history in the network has reached the limit, or the largest lambda is strictly above tau. The
 * histories are read while they are being filled: at the first update a layer sees only itself and the layers before it,
 * and layers early in the order lag one update behind later ones. The reference implementation behaves like that, and its
 * iteration counts depend on it.
 *
 * @param step delta lambda
 * @param limit tau
 * @param kept lambda of the kept groups
 * @param tracksRatios whether the magnitude ratio is tracked (not for single weights)
 * @param ratioLimit the history that ends the growth; NaN if none does
 */
public record Greg1(float step, float limit, float kept, boolean tracksRatios, float ratioLimit) implements GrowthRule {
    public static Greg1 of(GregConfig config) {
        boolean paper = config.semantics() == Semantics.PAPER;
        return new Greg1(
                (float) config.growing().regGranularityPrune(),
                (float) config.growing().regUpperLimit(),
                paper ? (float) -config.weightDecay() : 0,
                config.tracksRatios(),
                paper ? Float.NaN : (float) config.growing().magRatioLimit());
    }

    @Override
    public Outcome visit(LayerState layer, List<LayerState> all, GroupScores scores, long iteration) {
        Magnitudes magnitudes = null;
        if (tracksRatios) {
            magnitudes = scores.magnitudes(scores.scores(), layer.selection());
            layer.follow(magnitudes.ratio());
        }
        layer.raisePruned(step, kept);
        return new Outcome(magnitudes, (tracksRatios && allReached(all)) || layer.maxLambda() > limit);
    }

    private boolean allReached(List<LayerState> all) {
        for (LayerState other : all) {
            if (other.hasHistory() && !(other.history() >= ratioLimit)) {
                return false;
            }
        }
        return true;
    }
}
