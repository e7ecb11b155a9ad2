package greg.datasets;

import java.io.IOException;
import java.io.InputStream;

/**
 * The bundled data set: 10,000 training and 2,000 test images of Fashion-MNIST, 1,000 and 200 per class, drawn with a fixed
 * seed from its training and test halves. 28x28, grey. MIT licence; the notice is next to the files.
 */
public final class FashionMini {

    /** Training images per class. */
    static final int TRAIN_PER_CLASS = 1000;

    /** Test images per class. */
    static final int TEST_PER_CLASS = 200;

    private FashionMini() {}

    /**
     * Reads the bundled files.
     *
     * @throws DatasetException if the jar is damaged
     */
    public static DataSplit load() {
        return new DataSplit(half("train"), half("test"));
    }

    private static Dataset half(String half) {
        String images = "fashion-mini/" + half + "-images-idx3-ubyte.gz";
        String labels = "fashion-mini/" + half + "-labels-idx1-ubyte.gz";
        return Idx.parse(
                "fashion-mini/" + half,
                images,
                read(images),
                labels,
                read(labels),
                ClassNames.FASHION,
                Normalization.FASHION_MNIST);
    }

    private static byte[] read(String resource) {
        try (InputStream in = FashionMini.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new DatasetException(resource + ": missing from the jar; build or download it again");
            }
            return DataFiles.unzip(in, Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new DatasetException(
                    resource + ": damaged in the jar (" + DataFiles.reason(e) + "); build or download it again", e);
        }
    }
}
