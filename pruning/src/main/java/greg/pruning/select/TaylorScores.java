package greg.pruning.select;

import greg.kernels.spec.GroupIndex;

/**
 * First-order Taylor: the sum of |w dL/dw| over a group. To first order -w dL/dw is what the loss changes by when w becomes 0
 * (Molchanov et al. 2017); the absolute value is taken weight by weight, since in a filter before batch normalisation the
 * signed sum is 0: scaling the whole filter changes nothing.
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
