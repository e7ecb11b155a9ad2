package greg.kernels.mpi;

import com.sun.jna.Native;
import greg.kernels.KernelException;
import greg.kernels.Processes;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The processes that {@code mpirun} has started. One thread makes all calls of MPI, which is all that MPI promises everywhere; so a
 * sum that was started runs beside what the others compute.
 */
public final class Mpi implements Processes, AutoCloseable {
    private final ExecutorService caller;
    private final MpiLibrary library;
    private final boolean syncBatchNorm;
    private final int rank;
    private final int size;

    private Mpi(MpiLibrary library, boolean syncBatchNorm) {
        this.library = library;
        this.syncBatchNorm = syncBatchNorm;
        caller = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "greg-mpi");
            thread.setDaemon(true);
            return thread;
        });
        run(() -> {
            library.initialize();
            return null;
        });
        rank = run(library::rank);
        size = run(library::size);
    }

    /**
     * Joins the other processes. Once per process, since MPI can be initialized once.
     *
     * @param syncBatchNorm {@link Processes#syncBatchNorm}
     * @throws KernelException if there is no MPI; the message says what to do
     */
    public static Mpi join(boolean syncBatchNorm) {
        return new Mpi(MpiLibrary.load(), syncBatchNorm);
    }

    /** How many of the processes are on this machine: what Open MPI or MPICH says, else 1. */
    public static int onThisMachine() {
        return environment(1, "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS");
    }

    /** Number of this process among those of this machine, from 0. */
    public static int localRank() {
        return environment(0, "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID");
    }

    private static int environment(int otherwise, String... names) {
        for (String name : names) {
            String value = System.getenv(name);
            if (value != null && value.matches("\\d{1,6}")) return Integer.parseInt(value);
        }
        return otherwise;
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean syncBatchNorm() {
        return syncBatchNorm;
    }

    @Override
    public void sum(DoubleBuffer values) {
        check(values, values.isDirect());
        run(() -> {
            library.sumDoubles(Native.getDirectBufferPointer(values), values.remaining());
            return null;
        });
    }

    @Override
    public Future<?> startSum(FloatBuffer values) {
        check(values, values.isDirect());
        return caller.submit(() -> library.sumFloats(Native.getDirectBufferPointer(values), values.remaining()));
    }

    @Override
    public void broadcast(ByteBuffer values, int root) {
        check(values, values.isDirect());
        run(() -> {
            library.broadcast(Native.getDirectBufferPointer(values), values.remaining(), root);
            return null;
        });
    }

    private static void check(Buffer values, boolean direct) {
        if (!direct || values.position() != 0) {
            throw new IllegalArgumentException("MPI: expected a direct buffer at its start, got " + values);
        }
    }

    private <T> T run(Callable<T> call) {
        boolean interrupted = false;
        try {
            Future<T> result = caller.submit(call);
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true; // the other processes wait for the call
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KernelException known) throw known;
            throw new KernelException("MPI: " + e.getCause(), e.getCause());
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    @Override
    public void abort(int exitCode) {
        library.abort(exitCode);
    }

    /** Waits until all processes have come here. */
    @Override
    public void close() {
        run(() -> {
            library.finish();
            return null;
        });
        caller.shutdown();
    }
}
