package greg.kernels;

/**
 * How to open a backend.
 *
 * @param threads compute threads on the host; 0 for one per available core
 * @param index which device of its kind, from 0
 */
public record BackendOptions(int threads, int index) {
    /** All cores, first device; system property {@code greg.threads} overrides the former. */
    public static BackendOptions standard() {
        return new BackendOptions(Integer.getInteger("greg.threads", 0), 0);
    }

    /** The thread count with 0 resolved. */
    public int resolvedThreads() {
        return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }
}
