package greg.kernels;

import greg.kernels.spec.GroupIndex;

/**
 * One parameter's row in the update table.
 *
 * @param weight FLOAT32
 * @param dims its shape; of rank 4, (K, C, R, S), for a weight that convolutions read, which a backend may keep in another
 *     order than the host's, and then gradient, moments and mask too
 * @param gradient FLOAT32, of the same length
 * @param momentum first moment, zero before the first step; null for plain gradient descent
 * @param variance second moment (Adam), else null
 * @param lambda penalty coefficient per group, of this weight and perhaps of others; or null for none
 * @param mask multiplied into the weight after the step, or null
 * @param l1 receives the sum of |w| per group after the step, at the places of lambda; or null
 * @param groups which group an element belongs to, counted in the host's order; may be null when lambda and l1 are
 * @param firstGroup where the weight's groups begin in lambda and l1
 */
public record UpdateSlot(
        Storage weight,
        int[] dims,
        Storage gradient,
        Storage momentum,
        Storage variance,
        Storage lambda,
        Storage mask,
        Storage l1,
        GroupIndex groups,
        int firstGroup) {
    /** A weight that no convolution reads: a vector, dense; lambda and l1 are of its groups alone. */
    public UpdateSlot(
            Storage weight,
            Storage gradient,
            Storage momentum,
            Storage variance,
            Storage lambda,
            Storage mask,
            Storage l1,
            GroupIndex groups) {
        this(
                weight,
                new int[] {Math.toIntExact(weight.length())},
                gradient,
                momentum,
                variance,
                lambda,
                mask,
                l1,
                groups,
                0);
    }
}
