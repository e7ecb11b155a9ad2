package greg.pruning.run;

import java.io.UncheckedIOException;

/** A run cannot be started or finished: exit code 1. The message is one line and says what to do. */
public final class RunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure found by our own checks. */
    public RunException(String message) {
        super(message);
    }

    /** A failure with the exception that led to it, kept as its cause. */
    public RunException(String message, Throwable cause) {
        super(message, cause);
    }

    /** An I/O error as text: the message of a java.nio exception is only a path. */
    public static String reason(Throwable e) {
        Throwable root = e instanceof UncheckedIOException ? e.getCause() : e;
        return root.getClass().getSimpleName().replaceAll("Exception$", "") + ": " + root.getMessage();
    }
}
