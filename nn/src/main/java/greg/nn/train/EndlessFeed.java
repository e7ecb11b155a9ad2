package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;

/** Batch after batch, epoch after epoch, for loops that count iterations instead of epochs. */
public final class EndlessFeed implements InputSource {
    private final Batches batches;
    private final Feeder feeder;
    private long position;
    private boolean started;

    /**
     * Starts at iteration {@code position}: the batch and the augmentation of that iteration depend on the seeds and on it
     * alone, so a resumed run sees what the interrupted one would have seen.
     */
    public EndlessFeed(Batches batches, Feeder feeder, long position) {
        this.batches = batches;
        this.feeder = feeder;
        this.position = position;
    }

    @Override
    public Input next() {
        int perEpoch = batches.batchesPerEpoch();
        if (!started || !batches.hasNext()) batches.epoch((int) (position / perEpoch), (int) (position % perEpoch));
        started = true;
        Batch batch = batches.next();
        long samples =
                position / perEpoch * batches.dataset().size() + position % perEpoch * (long) batches.batchSize();
        position++;
        return new Input(feeder.images(batch, samples), feeder.labels(batch));
    }

    /** The iteration that {@link #next()} will feed. */
    public long position() {
        return position;
    }
}
