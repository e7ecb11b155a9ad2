package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.kernels.Backend;
import java.util.function.Function;
import java.util.function.Supplier;

/** The images of a data set in batches that are read ahead, augmented and normalized on the device. */
public final class ImageData implements TrainData {
    private static final int PREFETCH = 4;

    private final Dataset dataset;
    private final int batchSize;
    private final Supplier<Batches> batches;
    private final Function<Backend, Feeder> feeder;

    /**
     * Data read by the one function and fed by the other.
     *
     * @param batches makes a loader of {@code batchSize} images of {@code dataset}
     * @param feeder turns what the loader reads into network input
     */
    public ImageData(Dataset dataset, int batchSize, Supplier<Batches> batches, Function<Backend, Feeder> feeder) {
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.batches = batches;
        this.feeder = feeder;
    }

    /** Shuffled by seed 0, normalized as is usual for the data set, not augmented. */
    public static ImageData of(Dataset dataset, int batchSize) {
        return new ImageData(
                dataset,
                batchSize,
                () -> new Batches(dataset, batchSize, true, 0, false, PREFETCH),
                backend -> Feeder.plain(backend, dataset, dataset.normalization()));
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
        return new Source(batches.get(), feeder.apply(backend), iteration);
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
