package greg.datasets;

/**
 * A batch of images with their labels. The arrays have the capacity of a full batch; only the first {@link #size()} entries
 * count. They belong to the {@link Batches} that made them, and are overwritten once the next batch is requested.
 */
public final class Batch {

    private final int imageBytes;
    private final byte[] images;
    private final int[] labels;
    private final int[] indices;
    private int size;

    Batch(int capacity, int imageBytes) {
        long bytes = (long) capacity * imageBytes;
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("batch: " + capacity + " images of " + imageBytes
                    + " bytes exceed one Java array (2 GiB); use a smaller batch size");
        }
        this.imageBytes = imageBytes;
        images = new byte[(int) bytes];
        labels = new int[capacity];
        indices = new int[capacity];
    }

    /** Pixels as unsigned bytes, NHWC. */
    public byte[] images() {
        return images;
    }

    /** Labels, one per image. */
    public int[] labels() {
        return labels;
    }

    /** Positions of the images in the data set. */
    public int[] indices() {
        return indices;
    }

    /** Number of images (N); the last batch of an epoch may be short. */
    public int size() {
        return size;
    }

    /** How many images it will have. */
    void size(int count) {
        size = count;
    }

    /** The image at {@code place} will be the {@code index}-th of a data set; its pixels start where this returns. */
    int place(int place, int index, int label) {
        indices[place] = index;
        labels[place] = label;
        return place * imageBytes;
    }
}
