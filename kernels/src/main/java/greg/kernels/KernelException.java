package greg.kernels;

/**
 * A kernel or a native library failed: the message names the operation, what was expected, what was found and what to do.
 */
public class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An error found by our own checks. */
    public KernelException(String message) {
        super(message);
    }

    /** An error reported by a native library; {@code cause} is kept. */
    public KernelException(String message, Throwable cause) {
        super(message, cause);
    }
}
