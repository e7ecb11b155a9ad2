package greg.pruning.report;

import com.fasterxml.jackson.core.JsonProcessingException;

/** A file of a run is not JSON, or not what this version of greg expects. The message is one line and names the file. */
public final class BadJsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadJsonException(String message, JsonProcessingException cause) {
        super(message + oneLine(cause), cause);
    }

    BadJsonException(String message) {
        super(message);
    }

    private static String oneLine(JsonProcessingException cause) {
        return cause.getOriginalMessage().replaceAll("\\s+", " ");
    }
}
