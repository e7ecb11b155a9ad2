package greg.kernels;

import greg.kernels.spec.ShortcutSpec;

/**
 * The parameter-free shortcut of CIFAR ResNets (option A of He et al. 2015): subsample, and pad channels with zeros.
 */
public interface ShortcutKernels {
    /** y[n, before + c, p, q] = x[n, c, p stride, q stride]; the other channels of y are 0. */
    void forward(ShortcutSpec spec, Storage x, Storage y);

    /** dx[n, c, p stride, q stride] = dy[n, before + c, p, q]; the other positions of dx are 0. */
    void backward(ShortcutSpec spec, Storage dy, Storage dx);
}
