package greg.kernels.spec;

/**
 * Pooling windows over x (n, channels, h, w).
 *
 * @param kind MAX ignores padding; AVG divides by the window's size, padding included (PyTorch's default). Only the
 *     part of a window that lies inside the padded input counts, which is less than the kernel where ceil mode lets the last
 * window reach beyond the end
 * @param ceilMode round the output size up instead of down (the last window must start inside the input or left
 *     padding)
 */
public record Pool2dSpec(
        Kind kind,
        int n,
        int channels,
        int h,
        int w,
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int padH,
        int padW,
        boolean ceilMode) {
    /** Which statistic of the window. */
    public enum Kind {
        /** The largest value. */
        MAX,
        /** The mean; padding counts as zeros. */
        AVG
    }

    /** Validates; padding is at most half a window, as in PyTorch. */
    public Pool2dSpec {
        Checks.positive("pool2d", "batch", n, "channels", channels, "h", h, "w", w);
        Checks.positive("pool2d", "kernelH", kernelH, "kernelW", kernelW, "strideH", strideH, "strideW", strideW);
        if (padH < 0 || padW < 0 || 2 * padH > kernelH || 2 * padW > kernelW) {
            throw new IllegalArgumentException("pool2d: padding " + padH + "x" + padW
                    + " must be between 0 and half the window " + kernelH + "x" + kernelW);
        }
        if (h + 2 * padH < kernelH || w + 2 * padW < kernelW) {
            throw new IllegalArgumentException("pool2d: window " + kernelH + "x" + kernelW
                    + " is larger than the padded input " + (h + 2 * padH) + "x" + (w + 2 * padW));
        }
    }

    /** Square window, no ceil mode. */
    public static Pool2dSpec of(Kind kind, int n, int c, int h, int w, int kernel, int stride, int pad) {
        return new Pool2dSpec(kind, n, c, h, w, kernel, kernel, stride, stride, pad, pad, false);
    }

    /** Output height. */
    public int outH() {
        return out(h, kernelH, strideH, padH);
    }

    /** Output width. */
    public int outW() {
        return out(w, kernelW, strideW, padW);
    }

    private int out(int size, int kernel, int stride, int pad) {
        int span = size + 2 * pad - kernel;
        int count = (ceilMode ? (span + stride - 1) / stride : span / stride) + 1;
        return ceilMode && (count - 1) * stride >= size + pad ? count - 1 : count;
    }

    /** Dimensions of x. */
    public int[] xDims() {
        return new int[] {n, channels, h, w};
    }

    /** Dimensions of y. */
    public int[] yDims() {
        return new int[] {n, channels, outH(), outW()};
    }
}
