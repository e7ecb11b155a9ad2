package greg.datasets;

import greg.datasets.ImageDecoder.Pixels;

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
        Pixels scaled = resize(image, height, width);
        int top = (int) Math.rint((height - size) / 2.0); // Python's round: half to even
        int left = (int) Math.rint((width - size) / 2.0);
        byte[] out = new byte[size * size * CHANNELS];
        for (int y = 0; y < size; y++) {
            System.arraycopy(
                    scaled.rgb(), ((top + y) * width + left) * CHANNELS, out, y * size * CHANNELS, size * CHANNELS);
        }
        return out;
    }

    /** Resizes to the given size. */
    static Pixels resize(Pixels image, int height, int width) {
        Pixels result = image;
        if (width != image.width()) {
            result = alongRows(result, new Weights(image.width(), width));
        }
        if (height != image.height()) {
            result = alongColumns(result, new Weights(image.height(), height));
        }
        return result;
    }

    /** For each output position the first input position and the weights from there on. */
    private static final class Weights {
        final int[] first;
        final int[][] weight;

        Weights(int in, int out) {
            first = new int[out];
            weight = new int[out][];
            double scale = (double) in / out;
            double support = Math.max(scale, 1);
            for (int o = 0; o < out; o++) {
                double centre = (o + 0.5) * scale;
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

        int size() {
            return first.length;
        }
    }

    private static Pixels alongRows(Pixels image, Weights w) {
        int stride = image.width() * CHANNELS;
        byte[] out = new byte[image.height() * w.size() * CHANNELS];
        int at = 0;
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < w.size(); x++) {
                int start = y * stride + w.first[x] * CHANNELS;
                for (int c = 0; c < CHANNELS; c++) {
                    out[at++] = sum(image.rgb(), start + c, CHANNELS, w.weight[x]);
                }
            }
        }
        return new Pixels(image.height(), w.size(), out);
    }

    private static Pixels alongColumns(Pixels image, Weights w) {
        int stride = image.width() * CHANNELS;
        byte[] out = new byte[w.size() * stride];
        int at = 0;
        for (int y = 0; y < w.size(); y++) {
            int start = w.first[y] * stride;
            for (int x = 0; x < stride; x++) {
                out[at++] = sum(image.rgb(), start + x, stride, w.weight[y]);
            }
        }
        return new Pixels(w.size(), image.width(), out);
    }

    private static byte sum(byte[] pixels, int start, int step, int[] weight) {
        int sum = HALF;
        for (int k = 0, at = start; k < weight.length; k++, at += step) {
            sum += (pixels[at] & 0xFF) * weight[k];
        }
        return (byte) Math.max(0, Math.min(255, sum >> FRACTION_BITS));
    }
}
