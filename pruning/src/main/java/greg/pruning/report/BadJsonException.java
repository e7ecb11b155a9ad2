package greg.pruning.report;

/** A file of a run holds no JSON, or not what this version of greg expects. The message is one line and names the file. */
public final class BadJsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadJsonException(String message, Throwable cause) {
        super(message, cause);
    }
}
