package greg.kernels;

import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import java.util.List;

/** Optimiser steps over all parameters in one call (one launch on a GPU, through a table of pointers). */
public interface UpdateKernels {
    /**
     * SGD with the penalty, in the order of the reference implementation, in float32:
     *
     * <pre>
     * g = gradient + lambda[group] w      (only the penalty if the spec blocks the loss gradient)
     * g = g + weightDecay w
     * v = momentum v + g
     * w = w - lr (nesterov ? g + momentum v : v)
     * w = w mask;  l1[group] = sum |w|
     * </pre>
     *
     * @param lr one float in device memory, so that a captured step can be replayed with another rate
     */
    void sgd(SgdSpec spec, Storage lr, List<UpdateSlot> table);

    /** Adam (Kingma and Ba 2015) with PyTorch's L2 weight decay; {@code step} counts from 1. The penalty as in {@link #sgd}. */
    void adam(AdamSpec spec, Storage lr, long step, List<UpdateSlot> table);
}
