package greg.datasets;

import java.util.Arrays;

/**
 * Per-channel normalization {@code (x/255 - mean[c]) / std[c]} of a pixel {@code x} in 0..255.
 *
 * @param mean one value per channel, on the scale 0..1
 * @param std one positive value per channel, on the scale 0..1
 */
public record Normalization(float[] mean, float[] std) {

    /** CIFAR-10, as the reference implementation of GReg and most of the field use it. */
    public static final Normalization CIFAR10 =
            of(new float[] {0.4914f, 0.4822f, 0.4465f}, new float[] {0.2023f, 0.1994f, 0.2010f});

    /** CIFAR-100. */
    public static final Normalization CIFAR100 =
            of(new float[] {0.5071f, 0.4865f, 0.4409f}, new float[] {0.2673f, 0.2564f, 0.2762f});

    /** MNIST. */
    public static final Normalization MNIST = of(new float[] {0.1307f}, new float[] {0.3081f});

    /** Fashion-MNIST, the bundled subset included. */
    public static final Normalization FASHION_MNIST = of(new float[] {0.2860f}, new float[] {0.3530f});

    /** ImageNet, as torchvision's models expect it. */
    public static final Normalization IMAGENET =
            of(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

    /**
     * Copies and checks the values.
     *
     * @throws IllegalArgumentException if the lengths differ, or a value is not finite, or a deviation is not positive
     */
    public Normalization {
        mean = mean.clone();
        std = std.clone();
        if (mean.length != std.length || mean.length == 0) {
            throw new IllegalArgumentException("normalization: expected one mean and one std per channel, got "
                    + mean.length + " means and " + std.length + " stds");
        }
        for (int c = 0; c < mean.length; c++) {
            if (!Float.isFinite(mean[c]) || !Float.isFinite(std[c]) || !(std[c] > 0)) {
                throw new IllegalArgumentException("normalization: channel " + c + " has mean " + mean[c] + " and std "
                        + std[c] + "; expected finite values and a positive std");
            }
        }
    }

    /** Same as the constructor; more readable with literals. */
    public static Normalization of(float[] mean, float[] std) {
        return new Normalization(mean, std);
    }

    /** Centre and scale 0.5 in each of {@code channels} channels: pixels map to -1..1. */
    public static Normalization centred(int channels) {
        float[] half = new float[channels];
        Arrays.fill(half, 0.5f);
        return new Normalization(half, half);
    }

    /** Number of channels. */
    public int channels() {
        return mean.length;
    }

    /** A copy of the means. */
    @Override
    public float[] mean() {
        return mean.clone();
    }

    /** A copy of the standard deviations. */
    @Override
    public float[] std() {
        return std.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Normalization n && Arrays.equals(mean, n.mean) && Arrays.equals(std, n.std);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(std);
    }

    @Override
    public String toString() {
        return "mean " + Arrays.toString(mean) + " std " + Arrays.toString(std);
    }
}
