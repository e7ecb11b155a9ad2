package greg.pruning.run;

/** The user pressed Ctrl-C: exit code 130. The message says what was saved. */
public final class InterruptedRunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An interruption after everything worth keeping was saved. */
    public InterruptedRunException(String message) {
        super(message);
    }
}
