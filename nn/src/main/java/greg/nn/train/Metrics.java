package greg.nn.train;

import greg.kernels.Backend;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** Sums of loss and correct answers, kept in device memory so that a step never waits for the host. */
public final class Metrics implements AutoCloseable {
    private final Tensor sums;
    private long records;

    /** All zero. */
    public Metrics(Backend backend) {
        sums = Tensor.full(backend, Shape.of(3), 0);
    }

    /** Where the loss op adds: sum of losses, top-1 correct, top-5 correct. */
    public Tensor sums() {
        return sums;
    }

    /** Counts a batch of n records that has been added. */
    public void count(int n) {
        records += n;
    }

    /** Reads the sums (waits for the device). */
    public Score read() {
        float[] host = sums.toHost();
        return new Score(records, host[0] / Math.max(1, records), Math.round(host[1]), Math.round(host[2]));
    }

    /** The sums as they are now, for a checkpoint (waits for the device). */
    float[] hostSums() {
        return sums.toHost();
    }

    /** Records counted so far. */
    long records() {
        return records;
    }

    /** Resumes from a checkpoint. */
    void restore(long counted, float[] saved) {
        records = counted;
        sums.set(saved);
    }

    /** Reads the sums and resets them. */
    public Score readAndReset() {
        Score score = read();
        sums.set(0, 0, 0);
        records = 0;
        return score;
    }

    @Override
    public void close() {
        sums.close();
    }
}
