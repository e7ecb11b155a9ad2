package greg.nn.train;

/** Training was asked to stop, and its state was saved. */
public final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long iteration;

    /** After the step of {@code iteration}. */
    public StoppedException(long iteration) {
        super("stopped after iteration " + iteration);
        this.iteration = iteration;
    }

    /** The last step that was taken, from 0. */
    public long iteration() {
        return iteration;
    }
}
