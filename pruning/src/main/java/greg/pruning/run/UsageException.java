package greg.pruning.run;

/** The user asked for something impossible: exit code 2. The message is one line and says what to do. */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A usage error. */
    public UsageException(String message) {
        super(message);
    }
}
