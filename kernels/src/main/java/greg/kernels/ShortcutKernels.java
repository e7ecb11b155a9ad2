package greg.kernels;

import greg.kernels.spec.ShortcutSpec;

/**
 * Parameter-free shortcuts: subsample, copy some channels, fill the others with zeros. Option A of He et al. 2015 pads
 * channels with zeros on both sides; a pruned network has what is left of that.
 */
public interface ShortcutKernels {
    /** y[n, o, p, q] = x[n, sources[o], p stride, q stride], or 0 where there is no source. */
    void forward(ShortcutSpec spec, Storage x, Storage y);

    /** dx[n, sources[o], p stride, q stride] = dy[n, o, p, q]; the rest of dx is 0. */
    void backward(ShortcutSpec spec, Storage dy, Storage dx);
}
