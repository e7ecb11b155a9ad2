package greg.datasets;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The MNIST family in IDX format: {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte} and the same with
 * {@code t10k}, plain or with {@code .gz}. An IDX file is a magic number (two zero bytes, element type 8 = unsigned byte,
 * number of dimensions), the dimensions as big-endian 32-bit integers, then the elements.
 */
public final class Idx {

    private static final int IMAGES_MAGIC = 0x0803;
    private static final int LABELS_MAGIC = 0x0801;
    private static final String TRAIN = "train";
    private static final String TEST = "t10k";
    private static final String IMAGES = "-images-idx3-ubyte";
    private static final String LABELS = "-labels-idx1-ubyte";

    private Idx() {}

    /**
     * Reads MNIST.
     *
     * @param folder holds the four files
     * @throws DatasetException if a file is missing or damaged
     */
    public static DataSplit mnist(Path folder) {
        return load("mnist", List.of(folder), ClassNames.DIGITS, Normalization.MNIST);
    }

    /**
     * Reads Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) from the first folder that holds its four files.
     *
     * @throws DatasetException if a file is missing or damaged
     */
    static DataSplit fashionMnist(List<Path> folders) {
        return load("fashion-mnist", folders, ClassNames.FASHION, Normalization.FASHION_MNIST);
    }

    private static DataSplit load(String name, List<Path> folders, List<String> classNames, Normalization n) {
        Path folder =
                DataFiles.locate(name, folders, List.of(TRAIN + IMAGES, TRAIN + LABELS, TEST + IMAGES, TEST + LABELS));
        return new DataSplit(
                half(name + "/train", folder, TRAIN, classNames, n), half(name + "/test", folder, TEST, classNames, n));
    }

    private static Dataset half(String name, Path folder, String stem, List<String> classNames, Normalization n) {
        return parse(
                name,
                folder.resolve(stem + IMAGES).toString(),
                DataFiles.read(folder, stem + IMAGES),
                folder.resolve(stem + LABELS).toString(),
                DataFiles.read(folder, stem + LABELS),
                classNames,
                n);
    }

    /** Builds a data set from the bytes of its two (unpacked) files; their names are for messages. */
    static Dataset parse(
            String name,
            String imagesFile,
            byte[] images,
            String labelsFile,
            byte[] labels,
            List<String> classNames,
            Normalization normalization) {
        int[] imageDims = header(imagesFile, images, IMAGES_MAGIC);
        int[] labelDims = header(labelsFile, labels, LABELS_MAGIC);
        int count = imageDims[0];
        if (labelDims[0] != count) {
            throw new DatasetException(imagesFile + " holds " + count + " images but " + labelsFile + " holds "
                    + labelDims[0] + " labels; the files do not belong together; download both again");
        }
        int[] values = new int[count];
        int labelStart = labels.length - count;
        for (int i = 0; i < count; i++) {
            values[i] = labels[labelStart + i] & 0xFF;
            if (values[i] >= classNames.size()) {
                throw new DatasetException(labelsFile + ": record " + i + " has label " + values[i] + ", expected 0.."
                        + (classNames.size() - 1) + "; the file is damaged or of another data set; download again");
            }
        }
        int pixelBytes = count * imageDims[1] * imageDims[2]; // in range: header() compared it with the length
        byte[] pixels = new byte[pixelBytes];
        System.arraycopy(images, images.length - pixelBytes, pixels, 0, pixelBytes);
        ImageShape shape = new ImageShape(1, imageDims[1], imageDims[2], classNames.size());
        return new ArrayDataset(new DatasetInfo(name, shape, classNames, normalization), pixels, values);
    }

    /** Checks magic number and length; returns the dimensions. */
    private static int[] header(String file, byte[] bytes, int magic) {
        int dims = magic & 0xFF;
        int headerBytes = Integer.BYTES * (1 + dims);
        if (bytes.length < headerBytes) {
            throw new DatasetException(file + ": truncated: expected a header of " + headerBytes + " bytes, found "
                    + bytes.length + " bytes in all; download again");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int found = in.getInt();
        if (found != magic) {
            throw new DatasetException(String.format(
                    Locale.ROOT,
                    "%s: not an IDX file of %d dimensions: expected magic number 0x%08x, found 0x%08x; download again",
                    file,
                    dims,
                    magic,
                    found));
        }
        int[] sizes = new int[dims];
        long elements = 1;
        for (int d = 0; d < dims; d++) {
            sizes[d] = in.getInt();
            if (sizes[d] < 1) {
                throw new DatasetException(
                        file + ": dimension " + d + " is " + sizes[d] + ", expected at least 1; download again");
            }
            // a length beyond any file stays beyond: no overflow from three large dimensions
            elements = Math.min(elements * sizes[d], Integer.MAX_VALUE);
        }
        if (bytes.length != headerBytes + elements) {
            throw new DatasetException(file + ": " + (bytes.length < headerBytes + elements ? "truncated" : "too long")
                    + ": the header announces " + (headerBytes + elements) + " bytes, found " + bytes.length
                    + "; download again");
        }
        return sizes;
    }
}
