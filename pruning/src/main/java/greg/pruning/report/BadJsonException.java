package greg.pruning.report;

import com.fasterxml.jackson.core.JsonProcessingException;

/** A file of a run is not JSON, or not what this version of greg expects. The message is one line and names the file. */
public final class BadJsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    BadJsonException(String message, JsonProcessingException cause) {
        super(message + oneLine(cause), cause);
        reason = oneLine(cause);
    }

    BadJsonException(String message) {
        super(message);
        reason = message;
    }

    private static String oneLine(JsonProcessingException cause) {
        return cause.getOriginalMessage().replaceAll("\\s+", " ");
    }

    /** What the parser says, without the file. */
    String reason() {
        return reason;
    }
}
