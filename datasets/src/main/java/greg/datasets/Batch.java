package greg.datasets;

/**
 * A batch of images with their labels. The arrays have the capacity of a full batch; only the first {@link #size()} entries
 * count. They belong to the {@link Batches} that made them, and are overwritten once the next batch is requested.
 */
public final class Batch {

    /** Writes an image into an array, as {@link Dataset#image} does. */
    @FunctionalInterface
    interface Reader {
        /** Writes image {@code index} from {@code offset} on. */
        void read(int index, byte[] dst, int offset);
    }

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

    /** Reads images {@code order[first .. first+count-1]} of a data set into this batch. */
    void fill(Dataset dataset, Reader reader, int[] order, int first, int count) {
        int bytes = dataset.shape().bytes();
        for (int k = 0; k < count; k++) {
            int index = order[first + k];
            indices[k] = index;
            labels[k] = dataset.label(index);
            reader.read(index, images, k * bytes);
        }
        size = count;
    }
}
