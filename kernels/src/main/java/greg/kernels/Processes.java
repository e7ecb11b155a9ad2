package greg.kernels;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.concurrent.Future;

/**
 * The processes of a data-parallel run, and what they exchange in host memory. Every process calls the same methods in the same
 * order with buffers of the same length; buffers are direct and of the machine's byte order. Any thread may call.
 */
public interface Processes {
    /** Number of this process, from 0. */
    int rank();

    /** Number of processes. */
    int size();

    /** Whether they normalize by the statistics of all their batches together: {@link Collectives#syncBatchNorm}. */
    boolean syncBatchNorm();

    /** Sums over all processes, element by element and in place; the same bits everywhere. */
    void sum(DoubleBuffer values);

    /**
     * Begins to sum over all processes, element by element and in place; the same bits everywhere. The buffer must be left alone
     * until the result is there.
     */
    Future<?> startSum(FloatBuffer values);

    /** Replaces the bytes from position to limit by those of process {@code root}. */
    void broadcast(ByteBuffer bytes, int root);

    /** Ends all processes, this one included: one of them cannot go on, and the others would wait for it for ever. */
    void abort(int exitCode);
}
