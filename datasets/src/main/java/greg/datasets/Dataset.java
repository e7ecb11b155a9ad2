package greg.datasets;

import java.util.List;

/**
 * A fixed, ordered collection of labelled images of one size.
 *
 * <p>Implementations are immutable to their callers and safe to read from several threads at once.
 */
public interface Dataset {

    /** Name, image size, classes and normalization. */
    DatasetInfo info();

    /** Number of images. */
    int size();

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
     * @param dst receives {@code shape().bytes()} bytes
     * @param offset where the image starts in {@code dst}
     * @throws IndexOutOfBoundsException if the index is outside the data set or {@code dst} is too short
     * @throws DatasetException if the image's file cannot be read or decoded
     */
    void image(int index, byte[] dst, int offset);

    /**
     * Fingerprint for provenance, {@code algorithm:hex}: {@code sha256} over sizes, labels and pixels, so that the same images
     * in another file format have the same one; {@code content-sha256} over names, labels and bytes of image files and the
     * size they are scaled to; {@code recipe-sha256} over the parameters of generated images. May read everything on the first
     * call.
     */
    String checksum();

    /**
     * How many threads a loader should read images with: one where they are only copied, as here, more where each is decoded
     * from a file.
     */
    default int workers() {
        return 1;
    }

    /** {@link DatasetInfo#name}. */
    default String name() {
        return info().name();
    }

    /** {@link DatasetInfo#shape}. */
    default ImageShape shape() {
        return info().shape();
    }

    /** {@link DatasetInfo#classNames}. */
    default List<String> classNames() {
        return info().classNames();
    }

    /** {@link DatasetInfo#normalization}. */
    default Normalization normalization() {
        return info().normalization();
    }
}
