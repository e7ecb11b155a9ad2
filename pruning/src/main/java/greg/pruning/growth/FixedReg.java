package greg.pruning.growth;

import java.util.List;

/**
 * FixReg: the control experiment. The groups are chosen from the initial weights and get lambda = tau at once and
 * permanently, the kept ones 0; growth ends at iteration 0 and the stabilising stage does all the work. (The reference
 * implementation contains the method but no option selects it; the length of its constant stage, K_s, is ours.)
 *
 * @param lambda tau, the constant coefficient of the pruned groups
 */
public record FixedReg(float lambda) implements GrowthRule {
    @Override
    public Outcome visit(LayerState layer, List<LayerState> all, GroupScores scores, long iteration) {
        layer.setAll(0);
        layer.raisePruned(lambda, 0);
        return new Outcome(null, true);
    }
}
