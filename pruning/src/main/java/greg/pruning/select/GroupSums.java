package greg.pruning.select;

import greg.kernels.spec.GroupIndex;
import java.util.function.IntToDoubleFunction;

/** Sums over groups of weights, in double and in the order of the weights, so that they do not depend on the device. */
final class GroupSums {
    private GroupSums() {}

    /**
     * The sum of a term over each group.
     *
     * @param length elements of the weight
     * @param groups which group an element belongs to; its group sizes must divide the length
     * @param term of the element of that number
     */
    static double[] of(int length, GroupIndex groups, IntToDoubleFunction term) {
        long period = (long) groups.count() * groups.inner();
        if (length == 0 || length % period != 0) {
            throw new IllegalArgumentException("scores: expected a weight whose length is a multiple of " + period
                    + " (" + groups + "), got " + length + " elements");
        }
        double[] sums = new double[groups.count()];
        for (int i = 0, g = 0; i < length; g = (g + 1) % sums.length) {
            double sum = 0;
            for (int end = i + groups.inner(); i < end; i++) {
                sum += term.applyAsDouble(i);
            }
            sums[g] += sum;
        }
        return sums;
    }
}
