package greg.nn.inference;

/** A network cannot be run as a whole; the message says why. */
final class NoFormException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoFormException(String message) {
        super(message);
    }
}
