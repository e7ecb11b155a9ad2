package greg.kernels.spec;

/**
 * How a convolution moves over its input. Start from {@link #DEFAULT} and change what differs, as in {@code
 * Conv2dOptions.DEFAULT.stride(2).padding(1)}.
 *
 * @param strideH rows from one window to the next; default 1
 * @param strideW columns from one window to the next; default 1
 * @param padH rows of zeros above and below the input; default 0
 * @param padW columns of zeros left and right of it; default 0
 * @param dilationH rows from one row of the kernel to the next; default 1, which is a kernel without holes
 * @param dilationW the same for columns; default 1
 * @param groups parts into which the channels are divided, each convolved on its own; default 1, as many as input channels
 *     give a depthwise convolution
 */
public record Conv2dOptions(int strideH, int strideW, int padH, int padW, int dilationH, int dilationW, int groups) {

    /** Stride 1, no padding, no dilation, one group. */
    public static final Conv2dOptions DEFAULT = new Conv2dOptions(1, 1, 0, 0, 1, 1, 1);

    /** Validates; all but the padding must be positive. */
    public Conv2dOptions {
        Checks.positive("conv2d", "strideH", strideH, "strideW", strideW, "groups", groups);
        Checks.positive("conv2d", "dilationH", dilationH, "dilationW", dilationW);
        if (padH < 0 || padW < 0) {
            throw new IllegalArgumentException("conv2d: padding must not be negative, got " + padH + "x" + padW);
        }
    }

    /** With this stride in both directions. */
    public Conv2dOptions stride(int both) {
        return stride(both, both);
    }

    /** With these strides. */
    public Conv2dOptions stride(int h, int w) {
        return new Conv2dOptions(h, w, padH, padW, dilationH, dilationW, groups);
    }

    /** With this padding on all four sides. */
    public Conv2dOptions padding(int all) {
        return padding(all, all);
    }

    /** With {@code h} rows above and below, {@code w} columns left and right. */
    public Conv2dOptions padding(int h, int w) {
        return new Conv2dOptions(strideH, strideW, h, w, dilationH, dilationW, groups);
    }

    /** With this dilation in both directions. */
    public Conv2dOptions dilation(int both) {
        return dilation(both, both);
    }

    /** With these dilations. */
    public Conv2dOptions dilation(int h, int w) {
        return new Conv2dOptions(strideH, strideW, padH, padW, h, w, groups);
    }

    /** With this many groups. */
    public Conv2dOptions groups(int count) {
        return new Conv2dOptions(strideH, strideW, padH, padW, dilationH, dilationW, count);
    }
}
