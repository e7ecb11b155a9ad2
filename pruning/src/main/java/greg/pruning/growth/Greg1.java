package greg.pruning.growth;

import java.util.List;

/**
 * GReg-1: the groups are chosen from the initial weights, and lambda_j += delta lambda for those alone (eq. 2).
 *
 * <p>A visit (a) updates the layer's magnitude ratio history, (b) raises lambda, (c) ends the growth if <em>every</em>
 * history present in the network has reached its limit, or the largest lambda is strictly above tau. The table of
 * histories is looked at while it is being filled: at the first update a layer sees itself and the layers before it
 * only, and layers early in the order lag one update behind the late ones. That is how the reference implementation
 * behaves, and its iteration counts depend on it.
 *
 * @param step delta lambda
 * @param limit tau
 * @param kept lambda of the kept groups
 * @param tracksRatios whether the magnitude ratio is followed (not for single weights)
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
