package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.spec.Conv2dSpec;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One convolution as cuDNN sees it: x (n, c, h, w), weight (k, c / groups, kernelH, kernelW) in the order KRSC, y (n, k, outH,
 * outW), all in {@link #type}. The key of its plans.
 *
 * <p>With one group, and with a filter for each channel, the channels of {@code spec} include the padding, so that no count is
 * odd. Other groups cannot be padded without moving channels from one group to another: they have their own counts, and the
 * pitch says how far it is from pixel to pixel.
 *
 * @param spec the geometry
 * @param xPitch elements from one pixel of x to the next, at least its channels
 * @param yPitch the same of y
 * @param accumulate the result is added to what is there; for the gradient of x only
 */
record ConvProblem(ConvKind kind, Conv2dSpec spec, int xPitch, int yPitch, Precision precision, boolean accumulate) {

    private static final Pattern LINE = Pattern.compile("([a-z-]+) (\\d+)x(\\d+)x(\\d+)x(\\d+) -> (\\d+) (\\d+)x(\\d+)"
            + " stride (\\d+)x(\\d+) pad (\\d+)x(\\d+) dilation (\\d+)x(\\d+) groups (\\d+) pitch (\\d+) (\\d+)"
            + " (?<precision>[a-z0-9]+)(?<accumulated> accumulated)?");
    private static final int NUMBERS = 16;

    ConvProblem {
        if (xPitch < spec.inChannels() || yPitch < spec.outChannels()) {
            throw new IllegalArgumentException("conv2d: pitches " + xPitch + " and " + yPitch
                    + " are smaller than the channels " + spec.inChannels() + " and " + spec.outChannels());
        }
        if (accumulate && kind != ConvKind.BACKWARD_DATA) {
            throw new IllegalArgumentException("conv2d: only the gradient of x is accumulated, not " + kind);
        }
    }

    /** The problem behind {@code logical}, whose channels are padded to multiples of {@code multiple}. */
    static ConvProblem of(ConvKind kind, Conv2dSpec logical, int multiple, Precision precision, boolean accumulate) {
        int xPitch = padded(logical.inChannels(), multiple);
        int yPitch = padded(logical.outChannels(), multiple);
        Conv2dSpec spec = logical;
        if (logical.groups() == 1) {
            spec = channels(logical, xPitch, yPitch, 1);
        } else if (depthwise(logical)) {
            spec = channels(logical, xPitch, yPitch, xPitch);
        }
        return new ConvProblem(kind, spec, xPitch, yPitch, precision, accumulate);
    }

    /** The inverse of {@link #toString}. */
    static ConvProblem parse(String text) {
        Matcher line = LINE.matcher(text);
        try {
            if (!line.matches()) throw new IllegalArgumentException(text);
            int[] numbers = new int[NUMBERS];
            for (int i = 0; i < NUMBERS; i++) numbers[i] = Integer.parseInt(line.group(2 + i));
            return new ConvProblem(
                    ConvKind.valueOf(constant(line.group(1)).replace('-', '_')),
                    new Conv2dSpec(
                            numbers[0],
                            numbers[1],
                            numbers[2],
                            numbers[3],
                            numbers[4],
                            numbers[5],
                            numbers[6],
                            numbers[7],
                            numbers[8],
                            numbers[9],
                            numbers[10],
                            numbers[11],
                            numbers[12],
                            numbers[13]),
                    numbers[14],
                    numbers[15],
                    Precision.valueOf(constant(line.group("precision"))),
                    line.group("accumulated") != null);
        } catch (IllegalArgumentException malformed) {
            throw new KernelException(
                    "cuDNN: expected a convolution as in " + CudnnPlans.EXAMPLE + ", got '" + text + "'", malformed);
        }
    }

    private static String constant(String word) {
        return word.toUpperCase(Locale.ROOT);
    }

    private static boolean depthwise(Conv2dSpec s) {
        return s.groups() == s.inChannels() && s.groups() == s.outChannels();
    }

    private static int padded(int channels, int multiple) {
        return Math.multiplyExact((channels + multiple - 1) / multiple, multiple);
    }

    private static Conv2dSpec channels(Conv2dSpec s, int in, int out, int groups) {
        return new Conv2dSpec(
                s.n(),
                in,
                s.h(),
                s.w(),
                out,
                s.kernelH(),
                s.kernelW(),
                s.strideH(),
                s.strideW(),
                s.padH(),
                s.padW(),
                s.dilationH(),
                s.dilationW(),
                groups);
    }

    /** Of x, weight and y alike. */
    DType type() {
        return precision == Precision.BF16 ? DType.BFLOAT16 : DType.FLOAT32;
    }

    /** Whether the padding of the output is none of the convolution's channels, and must be set to 0 by the caller. */
    boolean leavesPadding() {
        return switch (kind) {
            case FORWARD -> yPitch > spec.outChannels();
            case BACKWARD_DATA -> xPitch > spec.inChannels();
            case BACKWARD_WEIGHTS -> false;
        };
    }

    /** Elements of x with its padding. */
    long xElements() {
        return (long) spec.n() * spec.h() * spec.w() * xPitch;
    }

    /** Elements of the weight. */
    long wElements() {
        return (long) spec.outChannels() * spec.kernelH() * spec.kernelW() * (spec.inChannels() / spec.groups());
    }

    /** Elements of y with its padding. */
    long yElements() {
        return (long) spec.n() * spec.outH() * spec.outW() * yPitch;
    }

    /** Elements of the result. */
    long outputElements() {
        return switch (kind) {
            case FORWARD -> yElements();
            case BACKWARD_DATA -> xElements();
            case BACKWARD_WEIGHTS -> wElements();
        };
    }

    /**
     * One line without spaces at its ends, for messages and for saved plans: {@code forward 128x16x32x32 -> 16 3x3 stride 1x1
     * pad 1x1 dilation 1x1 groups 1 pitch 16 16 tf32}.
     */
    @Override
    public String toString() {
        Conv2dSpec s = spec;
        return kind + " " + s.n() + "x" + s.inChannels() + "x" + s.h() + "x" + s.w() + " -> " + s.outChannels() + " "
                + s.kernelH() + "x" + s.kernelW() + " stride " + s.strideH() + "x" + s.strideW() + " pad " + s.padH()
                + "x" + s.padW() + " dilation " + s.dilationH() + "x" + s.dilationW() + " groups " + s.groups()
                + " pitch " + xPitch + " " + yPitch + " " + precision + (accumulate ? " accumulated" : "");
    }
}
