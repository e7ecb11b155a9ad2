package greg.nn.io;

/** A checkpoint cannot be read or written. The message is one line that names the file and what is wrong with it. */
public final class CheckpointException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_LENGTH = 300;

    /** What is wrong with the content. */
    public CheckpointException(String message) {
        super(message);
    }

    /** An error of the system or of a parser; {@code cause} is kept. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A text in one line of bounded length: what it quotes comes from the file. */
    static String line(String text) {
        String line = String.valueOf(text).replaceAll("[\\s\\p{Cntrl}]+", " ").trim();
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + " ...";
    }
}
