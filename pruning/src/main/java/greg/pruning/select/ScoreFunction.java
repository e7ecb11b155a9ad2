package greg.pruning.select;

import greg.kernels.spec.GroupIndex;

/**
 * How much each group of a layer's weights matters: those with the smallest scores are removed. {@link ScoreKind} lists the
 * functions that a run can be told to use.
 */
public interface ScoreFunction {
    /** Whether {@link #of} reads the gradient, which costs passes over training images. */
    boolean needsGradient();

    /**
     * The scores of one layer, in [0, inf). Only their order within the layer decides, so any factor may be left out.
     *
     * @param weight dense weight, flattened (out, in, positions)
     * @param gradient dL/dw on one batch, of the same length and order; null unless {@link #needsGradient}
     * @param groups which group an element belongs to; its group sizes must divide the weight's length
     * @return one per group
     */
    float[] of(float[] weight, float[] gradient, GroupIndex groups);
}
