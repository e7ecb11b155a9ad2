package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.cpu.ConvPlanner.Direction;
import greg.kernels.spec.Conv2dSpec;

/**
 * Which of oneDNN's implementations to take where its own first choice is not the fastest. The rules are fixed, from timings
 * of all implementations on a Zen 5 core (AVX-512, oneDNN 3.11), and not measured at start-up: the implementations add in
 * different orders, and two runs must agree to the bit. A CPU without the preferred one gets oneDNN's choice.
 *
 * <ul>
 *   <li>Channels-last, the older {@code jit} beats {@code brgconv} by 1 to 10 percent, and for the data gradient of a
 *       convolution with stride by 1.5 to 2 times.
 *   <li>17 to 24 channels fill three registers of 8 better than two of 16: {@code avx2} is 15 to 25 percent faster; the same
 *       holds up to 8.
 *   <li>Only the forward pass from at least 32 pixels per row to at most 16 channels is 15 to 25 percent faster with {@code
 *       brgconv}.
 *   <li>From 16 to 16 channels, rows of at least 32 pixels, the data gradient's {@code jit} is 5 to 10 percent faster than any forward pass, so
 *       the forward pass is that of the {@link Mirror}.
 *   <li>16 channels are the same bytes in both layouts. So blocked networks take {@code brgconv} for them too, and the
 *       channels-last weight gradient, which is 6 to 16 percent faster.
 *   <li>In bfloat16, from timings on a Zen 4 core: the older {@code jit} beats {@code brgconv} by up to 25 percent, and for the data
 *       gradient of a convolution with stride by 2 to 3 times, of a depthwise one by 200. With AMX {@code brgconv} may use its
 *       tiles, which has not been timed: but for depthwise ones, oneDNN's choice stands.
 * </ul>
 */
final class ConvPreference {
    private static final int WIDE = 32;

    private ConvPreference() {}

    /** The implementation to look for, or null to take oneDNN's first. */
    static String implementation(Direction direction, Conv2dSpec spec, DType type, Layout layout) {
        if (layout != Layout.NHWC) return null;
        if (type == DType.BFLOAT16) return inBfloat16(spec);
        if (spec.groups() > 1) return null;
        if (direction == Direction.FORWARD && thinAndWide(spec)) return null;
        int vectorised = direction == Direction.BACKWARD_DATA ? spec.inChannels() : spec.outChannels();
        boolean eights = vectorised <= 8 || (vectorised > 16 && vectorised <= 24);
        return eights ? "jit:avx2" : "jit:avx512_core";
    }

    private static String inBfloat16(Conv2dSpec spec) {
        boolean depthwise = spec.groups() == spec.inChannels() && spec.groups() == spec.outChannels();
        if (depthwise && spec.groups() > 1) return "jit_dw:avx512_core_bf16";
        if (OneDnn.hasAmx()) return null;
        boolean point = spec.kernelH() == 1 && spec.kernelW() == 1;
        return point ? "jit_bf16_1x1:avx512_core_bf16" : "jit_bf16:avx512_core_bf16";
    }

    /** Whether a convolution from 16 to 16 channels should run its channels-last code over the equal blocked bytes. */
    static boolean channelsLast(Direction direction, Conv2dSpec spec, DType type) {
        if (type != DType.FLOAT32 || !sixteen(spec)) return false;
        return direction == Direction.BACKWARD_WEIGHTS || (direction == Direction.FORWARD && thinAndWide(spec));
    }

    /** Whether the forward pass should be the data gradient of the {@link Mirror}. */
    static boolean mirrored(Direction direction, Conv2dSpec spec, DType type) {
        return direction == Direction.FORWARD
                && type == DType.FLOAT32
                && sixteen(spec)
                && Mirror.exists(spec)
                && thinAndWide(spec)
                && smallWeight(spec);
    }

    /**
     * Whether the data gradient should be added to another by the convolution. An addition of its own costs little for each activation, and
     * mirroring the weight, on one thread, some 50 times as much for each of its numbers: 64 channels of 8x8 pixels gain nothing.
     */
    static boolean adds(Conv2dSpec spec) {
        return Mirror.exists(spec) && smallWeight(spec);
    }

    private static boolean smallWeight(Conv2dSpec spec) {
        long weights = (long) spec.inChannels() * spec.outChannels() * spec.kernelH() * spec.kernelW();
        return weights * 64 <= (long) spec.n() * spec.inChannels() * spec.h() * spec.w();
    }

    private static boolean thinAndWide(Conv2dSpec spec) {
        return spec.outChannels() <= Layout.BLOCK && spec.w() >= WIDE && spec.strideH() == 1;
    }

    private static boolean sixteen(Conv2dSpec spec) {
        return spec.groups() == 1
                && spec.inChannels() == Layout.BLOCK
                && spec.outChannels() == Layout.BLOCK
                && spec.kernelH() > 1
                && spec.strideH() == 1;
    }
}
