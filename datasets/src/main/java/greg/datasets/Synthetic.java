package greg.datasets;

import greg.datasets.random.SplitMix;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Generated images that a small network can learn: each class is a sine grating with a direction, a wavelength and a phase a
 * channel of its own, under uniform noise. Everything follows from the seed; an image is computed when it is read, so any
 * size costs no memory. Labels go round: image {@code i} is of class {@code i % classes}.
 */
public final class Synthetic implements Dataset {

    private static final int AMPLITUDE = 48;
    private static final int NOISE = 64;
    private static final int PERIOD = 256;
    private static final int[] SINE = new int[PERIOD];

    static {
        for (int i = 0; i < PERIOD; i++) {
            // StrictMath: the same pixels on every platform
            SINE[i] = (int) StrictMath.rint(AMPLITUDE * StrictMath.sin(2 * StrictMath.PI * i / PERIOD));
        }
    }

    private final String name;
    private final int size;
    private final int classes;
    private final int channels;
    private final int height;
    private final int width;
    private final long seed;
    private final int split;
    private final List<String> classNames;

    private Synthetic(String name, int size, int classes, int channels, int height, int width, long seed, int split) {
        if (size < 0 || classes < 1 || channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(name + ": expected positive classes, channels, height and width, got "
                    + classes + ", " + channels + ", " + height + ", " + width + " and " + size + " images");
        }
        if ((long) channels * height * width > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(name + ": an image of " + height + "x" + width + "x" + channels
                    + " exceeds one Java array (2 GiB)");
        }
        this.name = name;
        this.size = size;
        this.classes = classes;
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.seed = seed;
        this.split = split;
        List<String> names = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            names.add("class" + c);
        }
        classNames = List.copyOf(names);
    }

    /**
     * A training and a test half with the same classes and different noise.
     *
     * @param train number of training images
     * @param test number of test images
     * @param classes number of classes
     * @param channels C
     * @param height H in pixels
     * @param width W in pixels
     * @param seed fixes classes and noise
     * @throws IllegalArgumentException if a dimension is not positive
     */
    public static DataSplit split(int train, int test, int classes, int channels, int height, int width, long seed) {
        return new DataSplit(
                new Synthetic("synthetic/train", train, classes, channels, height, width, seed, 0),
                new Synthetic("synthetic/test", test, classes, channels, height, width, seed, 1));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int label(int index) {
        return Objects.checkIndex(index, size) % classes;
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        int label = label(index);
        Objects.checkFromIndexSize(offset, imageBytes(), dst.length);
        SplitMix look = SplitMix.of(seed, "look", label);
        int waveX = look.below(5); // waves across the width
        int waveY = look.below(9) - 4; // waves down the height; the sign turns the grating
        int[] phase = new int[channels];
        for (int c = 0; c < channels; c++) {
            phase[c] = look.below(PERIOD);
        }
        SplitMix noise = SplitMix.of(seed, "noise", split, index);
        long bits = 0;
        int left = 0;
        int at = offset;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int position = waveX * x * PERIOD / width + waveY * y * PERIOD / height;
                for (int c = 0; c < channels; c++) {
                    if (left == 0) {
                        bits = noise.next();
                        left = Long.BYTES;
                    }
                    int jitter = (int) ((bits & 0xFF) * (2 * NOISE) >> 8) - NOISE;
                    bits >>>= Byte.SIZE;
                    left--;
                    int value = 128 + SINE[(position + phase[c]) & (PERIOD - 1)] + jitter;
                    dst[at++] = (byte) value; // 128 +- (48 + 64) stays within 0..255
                }
            }
        }
    }

    @Override
    public String checksum() {
        String recipe = "v2 " + size + " " + classes + " " + height + "x" + width + "x" + channels + " seed " + seed
                + " split " + split;
        return "recipe-sha256:" + new Checksum().add(recipe).hex();
    }

    @Override
    public Normalization normalization() {
        return Normalization.centred(channels);
    }
}
