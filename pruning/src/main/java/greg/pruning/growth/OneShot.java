package greg.pruning.growth;

import java.util.List;
import java.util.function.Function;

/**
 * The choice made from the initial weights: all of method L1, and the start of GReg-1 and FixReg. That L1 and GReg-1
 * remove the same groups is the point of the paper's Table 1: only the schedule differs.
 */
public final class OneShot {
    private OneShot() {}

    /**
     * Chooses in every layer that has a ratio and no choice yet.
     *
     * @param scores the initial scores of a layer; called only for layers that lose groups
     */
    public static void choose(GregConfig config, List<LayerState> layers, Function<LayerState, GroupScores> scores) {
        for (LayerState layer : layers) {
            if (!layer.picked()) {
                float[] now = scores.apply(layer).choice();
                layer.pick(layer.choose(now, config.pickPruned(), config.seed()), -1);
            }
        }
    }
}
