package greg.nn.train;

import greg.datasets.Batches;
import greg.datasets.CropSource;
import greg.datasets.Dataset;
import greg.datasets.Share;
import greg.kernels.Backend;
import greg.kernels.Collectives;
import greg.kernels.DType;
import greg.kernels.Memory;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;

/** A data set that lies on the device, with the epoch's order and the labels in that order: a step needs nothing of the host. */
final class ResidentImages implements InputSource {
    private final TransferKernels transfer;
    private final Collectives ranks;
    private final Dataset dataset;
    private final int batchSize;
    private final long seed;
    private final Feeder feeder;
    private final Storage images;
    private final Storage order;
    private final Storage labels;
    private long iteration;
    private long epoch = -1;

    /**
     * Whether a data set fits. Images that lie in files of their own are read when they are needed: to read all of them first
     * would keep the device waiting.
     */
    static boolean fits(Dataset dataset, Backend backend) {
        long bytes = bytes(dataset);
        return !(dataset instanceof CropSource)
                && bytes <= Integer.MAX_VALUE - 8 // of an array
                && bytes <= backend.memory().roomForData();
    }

    private static long bytes(Dataset dataset) {
        return (long) dataset.size() * dataset.shape().bytes();
    }

    ResidentImages(Backend backend, Dataset dataset, int batchSize, long seed, Feeder feeder, long iteration) {
        transfer = backend.transfer();
        ranks = backend.collectives();
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.seed = seed;
        this.feeder = feeder;
        this.iteration = iteration;
        int size = dataset.size();
        int imageBytes = dataset.shape().bytes();
        byte[] all = new byte[Math.toIntExact(bytes(dataset))];
        for (int i = 0; i < size; i++) dataset.image(i, all, i * imageBytes);
        Memory memory = backend.memory();
        images = memory.allocate(DType.UINT8, all.length);
        order = memory.allocate(DType.INT32, size);
        labels = memory.allocate(DType.INT32, size);
        transfer.upload(all, images);
    }

    @Override
    public Input next() {
        int size = dataset.size();
        int perEpoch = (size - 1) / batchSize + 1;
        if (iteration / perEpoch != epoch) start(iteration / perEpoch);
        int start = (int) (iteration % perEpoch) * batchSize;
        iteration++;
        Share share = Share.of(Math.min(batchSize, size - start), ranks.rank(), ranks.size());
        int from = start + share.first();
        return feeder.input(images, order, labels, from, share, epoch * size + from);
    }

    private void start(long number) {
        epoch = number;
        int[] shuffled = Batches.permutation(dataset.size(), seed, Math.toIntExact(number));
        int[] theirLabels = new int[shuffled.length];
        for (int i = 0; i < shuffled.length; i++) theirLabels[i] = dataset.label(shuffled[i]);
        transfer.upload(shuffled, order);
        transfer.upload(theirLabels, labels);
    }

    @Override
    public void close() {
        images.release();
        order.release();
        labels.release();
    }
}
