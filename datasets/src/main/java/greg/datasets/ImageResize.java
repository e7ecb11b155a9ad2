package greg.datasets;

import greg.datasets.ImageDecoder.Pixels;
import greg.datasets.RandomResizedCrop.Window;
import java.util.Arrays;

/**
 * Bilinear resizing with antialiasing, bit for bit as PIL's {@code Image.resize(size, BILINEAR)}, and centre cropping as
 * torchvision's {@code CenterCrop}: the preparation of test images that published accuracies are based on.
 *
 * <p>Each output pixel is a weighted mean of the input pixels under a triangle whose half width is
 * {@code max(in/out, 1)}; first along rows, rounded to bytes, then along columns. Weights are fixed-point integers.
 */
final class ImageResize {

    private static final int CHANNELS = 3;
    private static final int FRACTION_BITS = 22;
    private static final int HALF = 1 << (FRACTION_BITS - 1);

    private ImageResize() {}

    /** Scales the shorter side to {@code resize} (as torchvision's {@code Resize}), then cuts {@code size} x {@code size}. */
    static byte[] resizeAndCrop(Pixels image, int resize, int size) {
        int shorter = Math.min(image.height(), image.width());
        int height = (int) ((long) resize * image.height() / shorter);
        int width = (int) ((long) resize * image.width() / shorter);
        int top = (int) Math.rint((height - size) / 2.0); // Python's round: half to even
        int left = (int) Math.rint((width - size) / 2.0);
        return resize(image, height, width, new Window(top, left, size, size)).rgb();
    }

    /** Resizes to the given size. */
    static Pixels resize(Pixels image, int height, int width) {
        return resize(image, height, width, new Window(0, 0, height, width));
    }

    /** What resizing to the given size and then cutting out a window gives; nothing outside the window is computed. */
    private static Pixels resize(Pixels image, int height, int width, Window window) {
        Weights across = new Weights(image.width(), width, window.left(), window.width());
        Weights down = new Weights(image.height(), height, window.top(), window.height());
        int stride = window.width() * CHANNELS;
        byte[] out = new byte[window.height() * stride];
        int[] row = new int[stride];
        // an input row is added to all output rows that it is a part of, so that it is needed only once
        int[][] sums = new int[window.height()][];
        int begun = 0;
        int done = 0;
        for (int y = down.first[0]; done < sums.length; y++) {
            alongRow(image, y, across, row);
            for (; begun < sums.length && down.first[begun] <= y; begun++) {
                sums[begun] = new int[stride];
                Arrays.fill(sums[begun], HALF);
            }
            for (int o = done; o < begun; o++) add(row, down.weight[o][y - down.first[o]], sums[o]);
            for (; done < begun && y == down.last(done); done++) {
                for (int x = 0; x < stride; x++) out[done * stride + x] = (byte) rounded(sums[done][x]);
                sums[done] = null;
            }
        }
        return new Pixels(window.height(), window.width(), out);
    }

    /** For each of some output positions the first input position and the weights from there on; neither ever steps back. */
    private static final class Weights {
        final int[] first;
        final int[][] weight;

        /** Of the output positions {@code start .. start+count-1} of {@code out}. */
        Weights(int in, int out, int start, int count) {
            first = new int[count];
            weight = new int[count][];
            double scale = (double) in / out;
            double support = Math.max(scale, 1);
            for (int o = 0; o < count; o++) {
                double centre = (start + o + 0.5) * scale;
                int from = Math.max(0, (int) (centre - support + 0.5));
                int to = Math.min(in, (int) (centre + support + 0.5));
                double[] exact = new double[to - from];
                double sum = 0;
                for (int k = 0; k < exact.length; k++) {
                    exact[k] = Math.max(0, 1 - Math.abs((from + k - centre + 0.5) * (1 / support)));
                    sum += exact[k];
                }
                first[o] = from;
                weight[o] = new int[exact.length];
                for (int k = 0; k < exact.length; k++) {
                    weight[o][k] = (int) (0.5 + exact[k] / sum * (1 << FRACTION_BITS));
                }
            }
        }

        /** The last input position that counts for an output position. */
        int last(int o) {
            return first[o] + weight[o].length - 1;
        }
    }

    /** Resizes a row of the image. */
    private static void alongRow(Pixels image, int y, Weights across, int[] row) {
        byte[] rgb = image.rgb();
        int start = y * image.width() * CHANNELS;
        for (int x = 0, to = 0; x < across.first.length; x++) {
            int from = start + across.first[x] * CHANNELS;
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            for (int weight : across.weight[x]) {
                red += (rgb[from++] & 0xFF) * weight;
                green += (rgb[from++] & 0xFF) * weight;
                blue += (rgb[from++] & 0xFF) * weight;
            }
            row[to++] = rounded(red);
            row[to++] = rounded(green);
            row[to++] = rounded(blue);
        }
    }

    /** Weights are rounded, and very many of them may add up to more than 1. */
    private static int rounded(int sum) {
        return Math.min(255, sum >> FRACTION_BITS);
    }

    private static void add(int[] row, int weight, int[] sums) {
        for (int x = 0; x < sums.length; x++) sums[x] += row[x] * weight;
    }
}
