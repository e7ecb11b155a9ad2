package greg.kernels;

import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import java.util.List;

/** Optimizer steps over all parameters in one call (one launch on a GPU, through a table of pointers). */
public interface UpdateKernels {
    /**
     * SGD with the penalty, in the order of the reference implementation, in float32. Each line rounds where it says so
     * and nowhere else, which makes the step equal PyTorch's to the bit; fma(a, b, c) is a b + c rounded once:
     *
     * <pre>
     * g = gradient + round(lambda[group] w)      (only round(lambda w) if the spec blocks the loss gradient)
     * g = fma(weightDecay, w, g)
     * v = round(momentum v) + g
     * w = fma(-lr, nesterov ? fma(momentum, v, g) : v, w)
     * w = w mask;  l1[group] = sum |w|
     * </pre>
     *
     * <p>A slot without momentum storage takes the step with g itself.
     *
     * @param lr one float in device memory, so that a captured step can be replayed with another rate
     */
    void sgd(SgdSpec spec, Storage lr, List<UpdateSlot> table);

    /**
     * Adam (Kingma and Ba 2015) with PyTorch's L2 weight decay; the penalty, mask and l1 as in {@link #sgd}. float32,
     * to the bit of PyTorch; constants in parentheses are computed in double and rounded once:
     *
     * <pre>
     * g = fma((weightDecay), w, gradient + round(lambda[group] w))
     * m = fma((1 - beta1), g, round((beta1) m))
     * v = fma(round((1 - beta2) g), g, round((beta2) v))
     * d = round(sqrt(v)) / (sqrt(1 - beta2^step)) + (eps)
     * w = w + round((-lr / (1 - beta1^step)) m) / d
     * </pre>
     *
     * @param step counts from 1
     */
    void adam(AdamSpec spec, Storage lr, long step, List<UpdateSlot> table);
}
