package greg.pruning.select;

import greg.kernels.spec.GroupIndex;

/**
 * First-order Taylor: the sum of |w dL/dw| over a group. To first order -w dL/dw is what the loss changes by when w becomes 0.
 * The absolute value is taken weight by weight, since terms of both signs would cancel in a sum though each weight matters
 * (Molchanov et al. 2019 square the terms instead; Molchanov et al. 2017 rank feature maps, by activation times gradient).
 */
final class TaylorScores implements ScoreFunction {
    @Override
    public boolean needsGradient() {
        return true;
    }

    @Override
    public float[] of(float[] weight, float[] gradient, GroupIndex groups) {
        if (gradient.length != weight.length) {
            throw new IllegalArgumentException("scores: expected a gradient of " + weight.length
                    + " elements like the weight, got " + gradient.length);
        }
        double[] sums = GroupSums.of(weight.length, groups, i -> Math.abs((double) weight[i] * gradient[i]));
        float[] scores = new float[sums.length];
        for (int g = 0; g < scores.length; g++) scores[g] = (float) sums[g];
        return scores;
    }
}
