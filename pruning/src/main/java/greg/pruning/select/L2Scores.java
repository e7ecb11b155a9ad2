package greg.pruning.select;

import greg.kernels.spec.GroupIndex;

/** The root mean square of a group's weights, sqrt(mean w^2): the order of their L2 norms. */
final class L2Scores implements ScoreFunction {
    @Override
    public boolean needsGradient() {
        return false;
    }

    @Override
    public float[] of(float[] weight, float[] gradient, GroupIndex groups) {
        double[] squares = GroupSums.of(weight.length, groups, i -> (double) weight[i] * weight[i]);
        float[] scores = new float[squares.length];
        long size = groups.groupSize(weight.length);
        for (int g = 0; g < scores.length; g++) scores[g] = (float) Math.sqrt(squares[g] / size);
        return scores;
    }
}
