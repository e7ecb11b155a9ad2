package greg.datasets;

import java.util.List;
import java.util.Objects;

/** A data set held in memory as one byte array of pixels (N, H, W, C) and one of labels. */
public final class ArrayDataset implements Dataset {

    private final String name;
    private final List<String> classNames;
    private final int channels;
    private final int height;
    private final int width;
    private final byte[] pixels;
    private final int[] labels;
    private final Normalization normalization;
    private volatile String checksum;

    /**
     * Wraps arrays without copying; the caller must not change them afterwards.
     *
     * @param pixels N*H*W*C unsigned bytes, NHWC
     * @param labels N labels, each in {@code 0 .. classNames.size()-1}
     * @throws DatasetException if the lengths do not fit or a label is out of range
     */
    public ArrayDataset(
            String name,
            List<String> classNames,
            int channels,
            int height,
            int width,
            byte[] pixels,
            int[] labels,
            Normalization normalization) {
        this.name = Objects.requireNonNull(name, "name");
        this.classNames = List.copyOf(classNames);
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.pixels = pixels;
        this.labels = labels;
        this.normalization = Objects.requireNonNull(normalization, "normalization");
        if (channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(name + ": expected positive image dimensions, got height " + height
                    + ", width " + width + ", channels " + channels);
        }
        long expected = (long) labels.length * height * width * channels;
        if (pixels.length != expected) {
            throw new DatasetException(name + ": " + labels.length + " images of " + height + "x" + width + "x"
                    + channels + " need " + expected + " bytes of pixels, got " + pixels.length);
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= this.classNames.size()) {
                throw new DatasetException(name + ": image " + i + " has label " + labels[i] + ", expected 0.."
                        + (this.classNames.size() - 1));
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public int classes() {
        return classNames.size();
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
        return labels[index];
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        Objects.checkIndex(index, labels.length);
        int bytes = imageBytes();
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

    @Override
    public Normalization normalization() {
        return normalization;
    }
}
