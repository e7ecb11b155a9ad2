package greg.datasets;

import greg.datasets.random.SplitMix;

/**
 * Random windows of an image, by the rule of torchvision's {@code RandomResizedCrop} with its usual numbers, which networks
 * for ImageNet are trained with: a share of the image's area, uniform in [0.08, 1), and a ratio of width to height whose
 * logarithm is uniform between those of 3/4 and 4/3. Sides are rounded; a window that does not fit is drawn again. After ten
 * such attempts it is the largest centred one whose ratio is allowed, which is the whole image if its own ratio is.
 *
 * <p>A window depends on (size of the image, seed, epoch, index) alone, so neither threads nor resuming nor the order of
 * images can change it.
 */
final class RandomResizedCrop {

    private static final double LEAST_SHARE = 0.08;
    private static final double LEAST_RATIO = 3.0 / 4;
    private static final double MOST_RATIO = 4.0 / 3;
    private static final int TRIES = 10;

    private RandomResizedCrop() {}

    /**
     * A part of an image.
     *
     * @param top first row
     * @param left first column
     * @param height rows, at least 1
     * @param width columns, at least 1
     */
    record Window(int top, int left, int height, int width) {}

    /**
     * The window of one image in one epoch. Each attempt draws share, ratio and, if the window fits, top and left, in this
     * order, from the stream {@code crop} of (seed, epoch, index). It must never change, so that a run can be resumed and
     * repeated; hence the strict logarithm and exponential.
     *
     * @param height of the image in pixels
     * @param width of the image in pixels
     * @param seed of the run
     * @param epoch from 0
     * @param index of the image in its data set
     */
    static Window window(int height, int width, long seed, int epoch, int index) {
        SplitMix random = SplitMix.of(seed, "crop", epoch, index);
        double area = (double) height * width;
        double least = StrictMath.log(LEAST_RATIO);
        double most = StrictMath.log(MOST_RATIO);
        for (int attempt = 0; attempt < TRIES; attempt++) {
            double share = area * (LEAST_SHARE + (1 - LEAST_SHARE) * random.unit());
            double ratio = StrictMath.exp(least + (most - least) * random.unit());
            int w = (int) Math.rint(Math.sqrt(share * ratio));
            int h = (int) Math.rint(Math.sqrt(share / ratio));
            if (w > 0 && w <= width && h > 0 && h <= height) {
                int top = random.below(height - h + 1);
                return new Window(top, random.below(width - w + 1), h, w);
            }
        }
        return centre(height, width);
    }

    private static Window centre(int height, int width) {
        double ratio = (double) width / height;
        int h = ratio < LEAST_RATIO ? (int) Math.rint(width / LEAST_RATIO) : height;
        int w = ratio > MOST_RATIO ? (int) Math.rint(height * MOST_RATIO) : width;
        return new Window((height - h) / 2, (width - w) / 2, h, w);
    }
}
