package greg.kernels;

import greg.kernels.spec.GroupIndex;

/**
 * One parameter's row in the update table.
 *
 * @param weight FLOAT32, dense
 * @param gradient FLOAT32, dense, of the same length
 * @param momentum first moment, zero before the first step; null for plain gradient descent
 * @param variance second moment (Adam), else null
 * @param lambda penalty coefficient per group, or null for none
 * @param mask multiplied into the weight after the step, or null
 * @param l1 receives the sum of |w| per group after the step, or null
 * @param groups which group an element belongs to; may be null when lambda and l1 are
 */
public record UpdateSlot(
        Storage weight,
        Storage gradient,
        Storage momentum,
        Storage variance,
        Storage lambda,
        Storage mask,
        Storage l1,
        GroupIndex groups) {}
