package greg.kernels;

/** Makes one kind of backend; found through {@link java.util.ServiceLoader}. */
public interface BackendProvider {
    /** {@code reference}, {@code cpu} or {@code cuda}. */
    String kind();

    /** How eagerly {@code auto} takes it: cuda 30, cpu 20, reference 10. */
    int priority();

    /**
     * Tries what {@link #open} needs, without side effects that matter.
     *
     * @return null if the backend can be opened, else why not: library, path tried, error, what to do
     */
    String unavailable();

    /** What would be used, in words; only called when available. */
    String describe();

    /** Opens the backend. */
    Backend open(BackendOptions options);
}
