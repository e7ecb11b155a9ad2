package greg.nn.model;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.layer.Conv2d;

/** The convolution that residual networks are made of: no bias, since BN follows. */
final class Padded {
    private Padded() {}

    /** Square, padded by half the (odd) kernel, so that it keeps height and width, or divides them by the stride. */
    static Conv2d conv(Backend backend, int in, int out, int kernel, int stride) {
        return conv(backend, in, out, kernel, stride, 1);
    }

    /** The same with groups. */
    static Conv2d conv(Backend backend, int in, int out, int kernel, int stride, int groups) {
        Conv2dOptions options =
                Conv2dOptions.DEFAULT.stride(stride).padding(kernel / 2).groups(groups);
        return new Conv2d(backend, in, out, kernel, options, false);
    }
}
