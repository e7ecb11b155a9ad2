package greg.kernels.spec;

/**
 * Geometry of a 2-D convolution: x (n, inChannels, h, w), weight (outChannels, inChannels/groups, kernelH, kernelW).
 *
 * @param dilationH rows from one row of the kernel to the next; always 1 for a kernel of one row, whatever is asked for
 * @param dilationW the same for columns
 */
public record Conv2dSpec(
        int n,
        int inChannels,
        int h,
        int w,
        int outChannels,
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int padH,
        int padW,
        int dilationH,
        int dilationW,
        int groups) {

    /** Validates; every count must be positive and the kernel must fit into the padded input. */
    public Conv2dSpec {
        Checks.positive("conv2d", "batch", n, "inChannels", inChannels, "outChannels", outChannels, "h", h, "w", w);
        Checks.positive("conv2d", "kernelH", kernelH, "kernelW", kernelW);
        // which checks the rest
        new Conv2dOptions(strideH, strideW, padH, padW, dilationH, dilationW, groups);
        // between the rows of a kernel that has one there is nothing; oneDNN reads beyond the input if told otherwise
        if (kernelH == 1) dilationH = 1;
        if (kernelW == 1) dilationW = 1;
        if (inChannels % groups != 0 || outChannels % groups != 0) {
            throw new IllegalArgumentException(
                    "conv2d: channels " + inChannels + " -> " + outChannels + " are not divisible by groups " + groups);
        }
        if (h + 2 * padH < dilationH * (kernelH - 1) + 1 || w + 2 * padW < dilationW * (kernelW - 1) + 1) {
            throw new IllegalArgumentException("conv2d: kernel " + kernelH + "x" + kernelW + " (dilation " + dilationH
                    + "x" + dilationW + ") is larger than the padded input " + (h + 2 * padH) + "x" + (w + 2 * padW));
        }
    }

    /**
     * A convolution of an input (n, inChannels, h, w) with a weight (outChannels, inChannels/groups, kernelH, kernelW).
     *
     * @param x dimensions of the input
     * @param weight dimensions of the weight; the second follows from the input and is not read
     */
    public static Conv2dSpec of(int[] x, int[] weight, Conv2dOptions o) {
        return new Conv2dSpec(
                x[0],
                x[1],
                x[2],
                x[3],
                weight[0],
                weight[2],
                weight[3],
                o.strideH(),
                o.strideW(),
                o.padH(),
                o.padW(),
                o.dilationH(),
                o.dilationW(),
                o.groups());
    }

    /** Square kernel, one stride, one padding, no dilation, no groups. */
    public static Conv2dSpec of(int n, int cin, int h, int w, int cout, int kernel, int stride, int pad) {
        return new Conv2dSpec(n, cin, h, w, cout, kernel, kernel, stride, stride, pad, pad, 1, 1, 1);
    }

    /** floor((h + 2 padH - dilationH (kernelH - 1) - 1) / strideH) + 1. */
    public int outH() {
        return (h + 2 * padH - dilationH * (kernelH - 1) - 1) / strideH + 1;
    }

    /** As {@link #outH()} for the width. */
    public int outW() {
        return (w + 2 * padW - dilationW * (kernelW - 1) - 1) / strideW + 1;
    }

    /** Dimensions of x. */
    public int[] xDims() {
        return new int[] {n, inChannels, h, w};
    }

    /** Dimensions of the weight. */
    public int[] wDims() {
        return new int[] {outChannels, inChannels / groups, kernelH, kernelW};
    }

    /** Dimensions of y. */
    public int[] yDims() {
        return new int[] {n, outChannels, outH(), outW()};
    }

    /** Multiply-accumulates of the forward pass (padding counted as work, bias not counted). */
    public long macs() {
        return (long) n * outChannels * outH() * outW() * (inChannels / groups) * kernelH * kernelW;
    }
}
