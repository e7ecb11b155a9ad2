package greg.datasets;

/**
 * What a network must fit: the size of an image and the number of classes.
 *
 * @param channels C: 1 for grey, 3 for red, green, blue
 * @param height H in pixels, after decoding and resizing
 * @param width W in pixels, after decoding and resizing
 * @param classes labels are {@code 0 .. classes-1}
 */
public record ImageShape(int channels, int height, int width, int classes) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not positive, or an image exceeds one Java array
     */
    public ImageShape {
        if (channels < 1 || height < 1 || width < 1 || classes < 1) {
            throw new IllegalArgumentException(
                    "image shape: expected positive channels, height, width and classes, got " + channels + ", "
                            + height + ", " + width + " and " + classes);
        }
        if ((long) channels * height * width > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("image shape: an image of " + height + "x" + width + "x" + channels
                    + " exceeds one Java array (2 GiB)");
        }
    }

    /** Bytes of one image: H * W * C. */
    public int bytes() {
        return height * width * channels;
    }

    /** As in {@code 10 classes of 28x28x1 images}. */
    @Override
    public String toString() {
        return classes + " classes of " + height + "x" + width + "x" + channels + " images";
    }
}
