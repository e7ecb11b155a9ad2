package greg.kernels;

import java.util.List;

/**
 * What the ranks of data-parallel training exchange: each is a process with a backend of its own, holds the same weights, and
 * computes gradients on its part of every batch. Every rank calls the same methods in the same order, with storages of the same
 * lengths; results have the same bits on every rank.
 */
public interface Collectives extends AutoCloseable {
    /** Of a backend whose process trains alone: everything stays as it is. */
    Collectives ALONE = new Collectives() {};

    /** Number of this process, from 0; rank 0 writes files and messages. */
    default int rank() {
        return 0;
    }

    /** Number of processes. */
    default int size() {
        return 1;
    }

    /** Whether there is more than one rank. */
    default boolean several() {
        return size() > 1;
    }

    /** Whether batch normalization takes the statistics of all ranks' batches together; if not, each rank takes its own's. */
    default boolean syncBatchNorm() {
        return false;
    }

    /**
     * Begins to sum FLOAT32 storages over all ranks, each in place, behind what computes meanwhile. The storages must be left
     * alone until {@link #await}.
     */
    default void startSum(List<Storage> values) {}

    /** As {@link #startSum}, for the mean over all ranks. */
    default void startMean(List<Storage> values) {}

    /** Everything that was begun is done before what the backend computes from here on. */
    default void await() {}

    /** Sums of numbers of the host over all ranks, in place. */
    default void sum(double[] values) {}

    /** Replaces bytes of the host by those of rank 0; the length is the same on all ranks. */
    default void broadcast(byte[] bytes) {}

    /** Ends all ranks, this one included: it cannot go on, and the others would wait for it for ever. */
    default void abort(int exitCode) {}

    @Override
    default void close() {}
}
