package greg.kernels;

import java.util.List;

/**
 * The growing penalty 1/2 sum_g lambda_g |w_g|^2 (eq. 3 of the paper) on its own: a part of the fused update of {@link
 * UpdateKernels}, for callers that need only that part.
 */
public interface PenaltyKernels {
    /** gradient[i] += round(lambda[g(i)] w[i]) in float32 for every slot that has a lambda. */
    void addGradient(List<UpdateSlot> table);

    /** l1[g] = sum of |w[i]| over the group, for every slot that has an l1 storage. */
    void groupL1(List<UpdateSlot> table);
}
