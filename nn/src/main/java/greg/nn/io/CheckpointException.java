package greg.nn.io;

/** A checkpoint cannot be read or written. The message is one line that names the file and what is wrong with it. */
public final class CheckpointException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with the content. */
    public CheckpointException(String message) {
        super(message);
    }

    /** An error of the system or of a parser; {@code cause} is kept. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
