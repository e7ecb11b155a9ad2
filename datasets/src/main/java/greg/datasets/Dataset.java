package greg.datasets;

import java.util.List;

/**
 * A fixed, ordered collection of labelled images of one size.
 *
 * <p>Implementations are immutable to their callers and safe to read from several threads at once.
 */
public interface Dataset {

    /** Short name for logs and provenance, for example {@code cifar10/train}. */
    String name();

    /** Number of images. */
    int size();

    /** Number of classes; labels are {@code 0 .. classes()-1}. */
    int classes();

    /** Names of the classes, in label order; as many as {@link #classes()}. */
    List<String> classNames();

    /** Channels of an image (C): 1 for grey, 3 for red, green, blue. */
    int channels();

    /** Height of an image in pixels (H), after decoding and resizing. */
    int height();

    /** Width of an image in pixels (W), after decoding and resizing. */
    int width();

    /**
     * Label of one image.
     *
     * @param index {@code 0 .. size()-1}
     * @throws IndexOutOfBoundsException if the index is outside the data set
     */
    int label(int index);

    /**
     * Writes one image as unsigned bytes in HWC order.
     *
     * @param index {@code 0 .. size()-1}
     * @param dst receives {@link #imageBytes()} bytes
     * @param offset where the image starts in {@code dst}
     * @throws IndexOutOfBoundsException if the index is outside the data set or {@code dst} is too short
     * @throws DatasetException if a file behind the image cannot be read or decoded
     */
    void image(int index, byte[] dst, int offset);

    /**
     * Fingerprint for provenance, {@code algorithm:hex}: {@code sha256} over sizes, labels and pixels, so that the same images
     * in another file format have the same one; {@code files-sha256} over names and lengths of image files;
     * {@code recipe-sha256} over the parameters of generated images. May read everything on the first call.
     */
    String checksum();

    /** Mean and standard deviation a channel that this data set is usually normalised with, on the scale 0..1. */
    Normalization normalization();

    /** Bytes of one image: H * W * C. */
    default int imageBytes() {
        return height() * width() * channels();
    }
}
