package greg.datasets;

import java.util.Objects;

/** A data set held in memory as one byte array of pixels (N, H, W, C) and one of labels. */
public final class ArrayDataset implements Dataset {

    private final DatasetInfo info;
    private final byte[] pixels;
    private final int[] labels;
    private volatile String checksum;

    /**
     * Wraps arrays without copying; the caller must not change them afterwards.
     *
     * @param pixels N*H*W*C unsigned bytes, NHWC
     * @param labels N labels, each in {@code 0 .. classes-1}
     * @throws DatasetException if the lengths do not fit or a label is out of range
     */
    public ArrayDataset(DatasetInfo info, byte[] pixels, int[] labels) {
        this.info = Objects.requireNonNull(info, "info");
        this.pixels = pixels;
        this.labels = labels;
        ImageShape shape = info.shape();
        long expected = (long) labels.length * shape.bytes();
        if (pixels.length != expected) {
            throw new DatasetException(info.name() + ": " + labels.length + " images of " + shape.height() + "x"
                    + shape.width() + "x" + shape.channels() + " need " + expected + " bytes of pixels, got "
                    + pixels.length);
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= shape.classes()) {
                throw new DatasetException(info.name() + ": image " + i + " has label " + labels[i] + ", expected 0.."
                        + (shape.classes() - 1));
            }
        }
    }

    @Override
    public DatasetInfo info() {
        return info;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public int label(int index) {
        return labels[index];
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        Objects.checkIndex(index, labels.length);
        int bytes = info.shape().bytes();
        System.arraycopy(pixels, index * bytes, dst, offset, bytes);
    }

    @Override
    public String checksum() {
        String known = checksum;
        if (known == null) {
            known = Checksum.ofContent(this);
            checksum = known;
        }
        return known;
    }
}
