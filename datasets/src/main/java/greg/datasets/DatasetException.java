package greg.datasets;

/** A data set cannot be found, read or trusted. The message is one line and says what to do. */
public class DatasetException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** An error of the data itself. */
    public DatasetException(String message) {
        super(message);
    }

    /** An error with the exception that led to it. */
    public DatasetException(String message, Throwable cause) {
        super(message, cause);
    }
}
