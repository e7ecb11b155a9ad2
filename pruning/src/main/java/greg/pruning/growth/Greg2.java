package greg.pruning.growth;

import greg.pruning.select.PickPruned;
import greg.pruning.select.Selection;
import java.util.List;

/**
 * GReg-2: lambda_j += delta lambda for all j first (eq. 9). Near a minimum with Hessian H that moves the weights to (H +
 * d I)^-1 H w* (eq. 5), so those on flat directions shrink most, and the L1 order comes to reflect the curvature. At tau'
 * the smallest groups are picked; from the next update on those grow towards tau and the others are released.
 *
 * <p>Surprising behaviour of the reference implementation that is kept: lambda is not reset at the pick; the kept groups
 * keep the lambda of the pick until the next update; a layer whose history (the moving average of its magnitude ratio) has
 * already reached the limit finishes in the visit that picks, so its groups are neither penalised further nor released; the
 * history (only the layer's own) continues across the pick.
 *
 * @param pickStep delta lambda before the pick
 * @param pickLimit tau'
 * @param pickFirst Algorithm 1: test lambda &gt; tau' and pick before adding; else add, then pick at lambda &gt;= tau'
 * @param step delta lambda after the pick
 * @param limit tau
 * @param released lambda of the kept groups after the pick
 * @param tracksRatios whether the magnitude ratio is tracked (not for single weights)
 * @param ratioLimit the history that ends the growth; NaN if none does
 */
public record Greg2(
        float pickStep,
        float pickLimit,
        boolean pickFirst,
        float step,
        float limit,
        float released,
        boolean tracksRatios,
        float ratioLimit)
        implements GrowthRule {
    public static Greg2 of(GregConfig config) {
        boolean paper = config.semantics() == Semantics.PAPER;
        return new Greg2(
                (float)
                        (paper
                                ? config.growing().regGranularityPrune()
                                : config.picking().regGranularityPick()),
                (float) config.picking().regUpperLimitPick(),
                paper,
                (float) config.growing().regGranularityPrune(),
                (float) config.growing().regUpperLimit(),
                (float) (paper ? -config.weightDecay() : config.picking().regGranularityRecover()),
                config.tracksRatios(),
                paper ? Float.NaN : (float) config.growing().magRatioLimit());
    }

    @Override
    public Outcome visit(LayerState layer, List<LayerState> all, GroupScores scores, long iteration) {
        if (pickFirst && !layer.picked() && layer.maxLambda() > pickLimit) {
            layer.pick(smallest(layer, scores.choice()), iteration);
        }
        if (layer.picked()) {
            layer.raisePruned(step, released);
        } else {
            layer.raiseAll(pickStep);
        }
        if (!pickFirst && !layer.picked() && layer.maxLambda() >= pickLimit) {
            layer.pick(smallest(layer, scores.choice()), iteration);
        }
        Magnitudes magnitudes = null;
        if (tracksRatios) {
            // before the pick: the groups with the smallest magnitudes now
            Selection selection = layer.picked() ? layer.selection() : smallest(layer, scores.scores());
            magnitudes = scores.magnitudes(scores.scores(), selection);
            layer.follow(magnitudes.ratio());
        }
        boolean reached = layer.history() >= ratioLimit || layer.maxLambda() > limit;
        return new Outcome(magnitudes, layer.picked() && reached);
    }

    private static Selection smallest(LayerState layer, float[] scores) {
        return layer.choose(scores, PickPruned.MIN, 0);
    }
}
