package greg.kernels.spec;

import java.util.Arrays;

/**
 * From uint8 images (h, w, channels) to a float batch (n, channels, outH, outW).
 *
 * @param pad zero pixels added on each side before the random crop
 * @param random random crop and flip (training) or the centre window (evaluation)
 * @param flip whether training flips left-right with probability 1/2
 * @param mean per channel, of byte/255
 * @param std per channel, of byte/255
 */
public record AugmentSpec(
        int n,
        int channels,
        int h,
        int w,
        int outH,
        int outW,
        int pad,
        boolean random,
        boolean flip,
        float[] mean,
        float[] std) {
    /** Validates and copies the arrays. */
    public AugmentSpec {
        Checks.positive("augment", "batch", n, "channels", channels, "h", h, "w", w, "outH", outH, "outW", outW);
        if (pad < 0 || outH > h + 2 * pad || outW > w + 2 * pad) {
            throw new IllegalArgumentException(
                    "augment: window " + outH + "x" + outW + " does not fit into " + h + "x" + w + " padded by " + pad);
        }
        if (mean.length != channels || std.length != channels) {
            throw new IllegalArgumentException("augment: expected " + channels + " means and deviations, got "
                    + mean.length + " and " + std.length);
        }
        mean = mean.clone();
        std = std.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AugmentSpec o
                && Arrays.equals(
                        new int[] {n, channels, h, w, outH, outW, pad},
                        new int[] {o.n, o.channels, o.h, o.w, o.outH, o.outW, o.pad})
                && random == o.random
                && flip == o.flip
                && Arrays.equals(mean, o.mean)
                && Arrays.equals(std, o.std);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(new int[] {n, channels, h, w, outH, outW, pad, Arrays.hashCode(mean)});
    }
}
