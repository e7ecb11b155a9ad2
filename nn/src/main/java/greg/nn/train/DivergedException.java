package greg.nn.train;

/** Training has diverged: a loss or a weight is not finite any more. The message says which, and after which iteration. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A diverged training. */
    public DivergedException(String message) {
        super(message);
    }
}
