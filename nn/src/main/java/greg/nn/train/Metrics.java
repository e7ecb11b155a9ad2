package greg.nn.train;

import greg.kernels.Backend;
import greg.kernels.Collectives;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** Sums of loss and correct answers, kept in device memory so that a step never waits for the host. */
public final class Metrics implements AutoCloseable {
    private final Tensor sums;
    private final Collectives ranks;
    private long records;
    private boolean empty = true;

    /** All zero. */
    public Metrics(Backend backend) {
        sums = Tensor.full(backend, Shape.of(3), 0);
        ranks = backend.collectives();
    }

    /** Where the loss op adds: sum of losses, top-1 correct, top-5 correct. */
    public Tensor sums() {
        return sums;
    }

    /** Counts a batch of n records that has been added. */
    public void count(int n) {
        records += n;
        empty = false;
    }

    /** Reads the sums, which are those of all ranks (waits for the device). */
    public Score read() {
        Position all = position(0);
        float[] host = all.sums();
        return new Score(all.records(), host[0] / Math.max(1, all.records()), Math.round(host[1]), Math.round(host[2]));
    }

    /** The counts and sums of all ranks as they are now, for a checkpoint after that many steps (waits for the device). */
    Position position(long steps) {
        float[] host = sums.toHost();
        if (!ranks.several()) return new Position(steps, records, host);
        double[] all = {host[0], host[1], host[2], records};
        ranks.sum(all);
        return new Position(steps, Math.round(all[3]), new float[] {(float) all[0], (float) all[1], (float) all[2]});
    }

    /** Whether nothing has been counted since the last reset, on any rank. */
    boolean empty() {
        return empty;
    }

    /** Resumes from a checkpoint: what all ranks had counted is rank 0's from now on. */
    void restore(Position saved) {
        empty = saved.records() == 0;
        if (ranks.rank() > 0) return;
        records = saved.records();
        sums.set(saved.sums());
    }

    /** Reads the sums and resets them. */
    public Score readAndReset() {
        Score score = read();
        sums.set(0, 0, 0);
        records = 0;
        empty = true;
        return score;
    }

    @Override
    public void close() {
        sums.close();
    }
}
