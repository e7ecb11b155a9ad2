package greg.datasets;

import greg.datasets.random.SplitMix;
import java.util.Objects;

/**
 * Generated images that a small network can learn: each class is a sine grating with a direction, a wavelength and a phase a
 * channel of its own, under uniform noise. Everything is determined by the seed; an image is computed when it is read, so
 * any size costs no memory. Labels repeat: image {@code i} is of class {@code i % classes}.
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

    private final DatasetInfo info;
    private final int size;
    private final long seed;
    private final int split;

    private Synthetic(String name, int size, ImageShape shape, long seed, int split) {
        if (size < 0) {
            throw new IllegalArgumentException(name + ": expected 0 images or more, got " + size);
        }
        this.info = DatasetInfo.of(name, shape);
        this.size = size;
        this.seed = seed;
        this.split = split;
    }

    /**
     * A training and a test half with the same classes and different noise.
     *
     * @param train number of training images
     * @param test number of test images
     * @param seed fixes classes and noise
     * @throws IllegalArgumentException if a number of images is negative
     */
    public static DataSplit split(int train, int test, ImageShape shape, long seed) {
        return new DataSplit(
                new Synthetic("synthetic/train", train, shape, seed, 0),
                new Synthetic("synthetic/test", test, shape, seed, 1));
    }

    @Override
    public DatasetInfo info() {
        return info;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int label(int index) {
        return Objects.checkIndex(index, size) % info.shape().classes();
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        int label = label(index);
        int channels = info.shape().channels();
        int height = info.shape().height();
        int width = info.shape().width();
        Objects.checkFromIndexSize(offset, info.shape().bytes(), dst.length);
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
        ImageShape s = info.shape();
        String recipe = "v2 " + size + " " + s.classes() + " " + s.height() + "x" + s.width() + "x" + s.channels()
                + " seed " + seed + " split " + split;
        return "recipe-sha256:" + new Checksum().add(recipe).hex();
    }
}
