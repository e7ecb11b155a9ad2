package greg.kernels;

/**
 * How to open a backend.
 *
 * @param threads compute threads on the host, at most {@value #MOST_THREADS}; 0 for one per available core
 * @param index which device of its kind, from 0
 * @param precision of activations and products; null for the backend's own: float32 on a CPU, TF32 on a GPU
 * @param deterministic only kernels that give the same bits in each run; a CPU's always do
 * @param graphs whether training steps are recorded and replayed where the device can
 * @param processes the processes that train one network together; null for one that trains alone
 */
public record BackendOptions(
        int threads, int index, Precision precision, boolean deterministic, boolean graphs, Processes processes) {
    /**
     * More threads than any processor has cores. A fixed number, since a run that is resumed needs as many threads as it was begun
     * with; from some thousands on, OpenMP's teams end the process by a segmentation fault.
     */
    public static final int MOST_THREADS = 1024;

    /**
     * Validates.
     *
     * @throws KernelException if there are too many threads, or fewer than none
     */
    public BackendOptions {
        if (threads < 0 || threads > MOST_THREADS) {
            throw new KernelException(
                    "threads = " + threads + ": expected 0, which is one per core, to " + MOST_THREADS);
        }
    }

    /** The backend's own precision, and its fastest kernels; steps are recorded. */
    public BackendOptions(int threads, int index) {
        this(threads, index, null, false, true, null);
    }

    /**
     * All cores, the first device, the backend's own precision; system properties {@code greg.threads}, {@code greg.precision} and
     * {@code greg.deterministic} say otherwise.
     */
    public static BackendOptions standard() {
        String precision = System.getProperty("greg.precision");
        return new BackendOptions(Integer.getInteger("greg.threads", 0), 0)
                .precision(precision == null ? null : Precision.of(precision))
                .deterministic(Boolean.getBoolean("greg.deterministic"));
    }

    /** The same in another precision; null for the backend's own. */
    public BackendOptions precision(Precision other) {
        return new BackendOptions(threads, index, other, deterministic, graphs, processes);
    }

    /** The same with or without the promise of the same bits in each run. */
    public BackendOptions deterministic(boolean same) {
        return new BackendOptions(threads, index, precision, same, graphs, processes);
    }

    /** The same with steps recorded, or with every kernel issued by a call. */
    public BackendOptions graphs(boolean recorded) {
        return new BackendOptions(threads, index, precision, deterministic, recorded, processes);
    }

    /** The same as one of several processes that train one network together. */
    public BackendOptions processes(Processes group) {
        return new BackendOptions(threads, index, precision, deterministic, graphs, group);
    }

    /** The same on another device of the kind. */
    public BackendOptions index(int other) {
        return new BackendOptions(threads, other, precision, deterministic, graphs, processes);
    }

    /** The thread count with 0 resolved. */
    public int resolvedThreads() {
        return threads > 0
                ? threads
                : Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    }

    /**
     * For backends that compute in float32 only.
     *
     * @throws KernelException if another precision is asked for
     */
    public void requireFloat32(String backend) {
        if (precision != null && precision != Precision.FP32) {
            throw new KernelException("device " + backend + ": expected precision fp32, got " + precision
                    + "; leave the precision out or set it to fp32");
        }
    }
}
