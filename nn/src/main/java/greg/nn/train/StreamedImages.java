package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Share;
import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.StagingBuffer;
import greg.kernels.StagingBuffer.Sent;
import greg.kernels.Storage;

/** A data set whose batches are read ahead on the host and sent to the device one by one, while it computes. */
final class StreamedImages implements InputSource {
    private final Batches batches;
    private final Feeder feeder;
    private final StagingBuffer staging;
    /** 0, 1, 2, ...: a batch is sent in its order. */
    private final Storage inOrder;

    private final int imageBytes;
    private long iteration;
    private boolean started;

    StreamedImages(Backend backend, Batches batches, Feeder feeder, long iteration) {
        this.batches = batches.share(
                backend.collectives().rank(), backend.collectives().size());
        this.feeder = feeder;
        this.iteration = iteration;
        imageBytes = batches.dataset().shape().bytes();
        int most = Math.min(batches.batchSize(), batches.dataset().size());
        staging = backend.staging(most * imageBytes, most);
        inOrder = backend.memory().allocate(DType.INT32, most);
        int[] numbers = new int[most];
        for (int i = 0; i < most; i++) numbers[i] = i;
        backend.transfer().upload(numbers, inOrder);
    }

    @Override
    public Input next() {
        int perEpoch = batches.batchesPerEpoch();
        long epoch = iteration / perEpoch;
        int step = (int) (iteration % perEpoch);
        if (!started || !batches.hasNext()) batches.epoch(Math.toIntExact(epoch), step);
        started = true;
        Batch batch = batches.next();
        Share share = batches.share(step);
        int n = share.images();
        long samples = epoch * batches.dataset().size() + step * (long) batches.batchSize() + share.first();
        iteration++;
        Sent sent = staging.send(batch.images(), n * imageBytes, batch.labels(), n);
        return feeder.input(sent.bytes(), inOrder, sent.numbers(), 0, share, samples);
    }

    @Override
    public void close() {
        batches.close();
        staging.close();
        inOrder.release();
    }
}
