package greg.kernels;

import java.util.List;

/** Makes one kind of backend; found through {@link java.util.ServiceLoader}. */
public interface BackendProvider {
    /** {@code reference}, {@code cpu} or {@code cuda}. */
    String kind();

    /** Priority in {@code auto}: cuda 30, cpu 20, reference 10. */
    int priority();

    /**
     * Checks what {@link #open} needs, without lasting side effects.
     *
     * @return null if the backend can be opened, else why not: library, path tried, error, what to do
     */
    String unavailable();

    /** A description of what would be used; only called when available. */
    String describe();

    /** The libraries of the system that the backend looks for, found or not; none by default. */
    default List<LibraryStatus> libraries() {
        return List.of();
    }

    /** Opens the backend. */
    Backend open(BackendOptions options);
}
