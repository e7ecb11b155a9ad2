package greg.nn.train;

import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.kernels.Backend;

/**
 * The images of a data set in batches, shuffled anew in each epoch, augmented and normalized on the device. A data set that fits
 * lies there; others are read ahead and sent batch by batch, with the same bits.
 *
 * <pre>{@code TrainData.of(dataset, 128).augment(Augmentation.CROP).seed(7)}</pre>
 */
public final class ImageData implements TrainData {
    private final Dataset dataset;
    private final int batchSize;
    private final Normalization normalization;
    private final Augmentation augmentation;
    private final long seed;

    private ImageData(
            Dataset dataset, int batchSize, Normalization normalization, Augmentation augmentation, long seed) {
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.normalization = normalization;
        this.augmentation = augmentation;
        this.seed = seed;
    }

    /** Not augmented, normalized as is usual for the data set, shuffled by seed 0. */
    static ImageData of(Dataset dataset, int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("training data: expected a batch size of 1 or more, got " + batchSize);
        }
        return new ImageData(dataset, batchSize, dataset.normalization(), Augmentation.NONE, 0);
    }

    /** The same images, changed at random. */
    public ImageData augment(Augmentation kind) {
        return new ImageData(dataset, batchSize, normalization, kind, seed);
    }

    /** The same images in another order, changed otherwise: both follow from the seed. */
    public ImageData seed(long value) {
        return new ImageData(dataset, batchSize, normalization, augmentation, value);
    }

    /** The same images with another mean and standard deviation. */
    public ImageData normalize(Normalization other) {
        return new ImageData(dataset, batchSize, other, augmentation, seed);
    }

    @Override
    public int stepsPerEpoch() {
        return (dataset.size() - 1) / batchSize + 1;
    }

    @Override
    public long imagesPerEpoch() {
        return dataset.size();
    }

    @Override
    public InputSource open(Backend backend, long iteration) {
        Feeder feeder = augmentation.feeder(backend, dataset, normalization, seed);
        if (augmentation != Augmentation.RESIZED_CROP && ResidentImages.fits(dataset, backend)) {
            return new ResidentImages(backend, dataset, batchSize, seed, feeder, iteration);
        }
        return new StreamedImages(backend, augmentation.batches(dataset, batchSize, seed), feeder, iteration);
    }
}
