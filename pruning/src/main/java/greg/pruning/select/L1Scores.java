package greg.pruning.select;

import greg.kernels.spec.GroupIndex;

/**
 * Scores of groups of weights: the mean of |w| over a group, as float32 (the reference implementation's L1 criterion). Sums
 * run in double and are rounded once, so that the order does not depend on how a device adds.
 */
public final class L1Scores implements ScoreFunction {
    L1Scores() {}

    @Override
    public boolean needsGradient() {
        return false;
    }

    @Override
    public float[] of(float[] weight, float[] gradient, GroupIndex groups) {
        return ofWeights(weight, groups);
    }

    /**
     * Scores from the group sums that the fused update leaves on the device.
     *
     * @param sums sum of |w| per group
     * @param groupSize weights in one group
     */
    public static float[] fromSums(float[] sums, long groupSize) {
        if (groupSize < 1) {
            throw new IllegalArgumentException("L1Scores: expected a group size >= 1, got " + groupSize);
        }
        float[] scores = new float[sums.length];
        for (int g = 0; g < sums.length; g++) {
            scores[g] = (float) (sums[g] / (double) groupSize);
        }
        return scores;
    }

    /**
     * Scores from the weights themselves.
     *
     * @param weight dense weight, flattened (out, in, positions)
     * @param groups which group an element belongs to; its group sizes must divide the weight's length
     */
    public static float[] ofWeights(float[] weight, GroupIndex groups) {
        double[] sums = GroupSums.of(weight.length, groups, i -> Math.abs(weight[i]));
        float[] scores = new float[sums.length];
        long size = groups.groupSize(weight.length);
        for (int g = 0; g < sums.length; g++) {
            scores[g] = (float) (sums[g] / size);
        }
        return scores;
    }

    /** Mean of all scores, as float32; NaN if there are none. */
    public static float mean(float[] scores) {
        double sum = 0;
        for (float score : scores) {
            sum += score;
        }
        return (float) (sum / scores.length);
    }

    /** Standard deviation of all scores, sqrt(mean (s - mean s)^2), as float32; NaN if there are none. */
    public static float std(float[] scores) {
        double sum = 0;
        for (float score : scores) {
            sum += score;
        }
        double mean = sum / scores.length;
        double squares = 0;
        for (float score : scores) {
            squares += (score - mean) * (score - mean);
        }
        return (float) Math.sqrt(squares / scores.length);
    }

    /** Mean of the scores of the groups {@code which}, as float32; NaN if there are none. */
    public static float mean(float[] scores, int[] which) {
        double sum = 0;
        for (int g : which) {
            sum += scores[g];
        }
        return (float) (sum / which.length);
    }
}
