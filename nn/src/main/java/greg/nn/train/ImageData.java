package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.kernels.Backend;

/**
 * The images of a data set in batches, shuffled anew in each epoch, read ahead, augmented and normalized on the device.
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
        return (dataset.size() + batchSize - 1) / batchSize;
    }

    @Override
    public long imagesPerEpoch() {
        return dataset.size();
    }

    @Override
    public InputSource open(Backend backend, long iteration) {
        Batches batches = augmentation.batches(dataset, batchSize, seed);
        return new Source(batches, augmentation.feeder(backend, dataset, normalization, seed), iteration);
    }

    private static final class Source implements InputSource {
        private final Batches batches;
        private final Feeder feeder;
        private long iteration;
        private boolean started;

        Source(Batches batches, Feeder feeder, long iteration) {
            this.batches = batches;
            this.feeder = feeder;
            this.iteration = iteration;
        }

        @Override
        public Input next() {
            int perEpoch = batches.batchesPerEpoch();
            long epoch = iteration / perEpoch;
            int step = (int) (iteration % perEpoch);
            if (!started || !batches.hasNext()) batches.epoch(Math.toIntExact(epoch), step);
            started = true;
            Batch batch = batches.next();
            long samples = epoch * batches.dataset().size() + step * (long) batches.batchSize();
            iteration++;
            return new Input(feeder.images(batch, samples), feeder.labels(batch));
        }

        @Override
        public void close() {
            batches.close();
        }
    }
}
