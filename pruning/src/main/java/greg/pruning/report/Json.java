package greg.pruning.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** JSON text of records, maps, lists, strings and numbers: the one mapper. */
public final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** A tree, with numbers as they would be read from a file. */
    public static JsonNode tree(Object value) {
        try {
            return MAPPER.readTree(line(value));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot read the JSON just written: " + e.getOriginalMessage(), e);
        }
    }

    /** Reads a file; BadJsonException names it if it is not JSON. */
    public static JsonNode read(Path file) {
        try {
            return MAPPER.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new BadJsonException(file + " is not JSON: ", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a resource. */
    public static JsonNode read(InputStream in) throws IOException {
        return MAPPER.readTree(in);
    }

    /** A record from the text that {@link #line} wrote; BadJsonException names the file if it does not fit. */
    public static <T> T parse(String text, Class<T> type, Path file) {
        try {
            return MAPPER.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new BadJsonException(file + " cannot be read, was it written by another version of greg? ", e);
        }
    }

    /** One line. */
    public static String line(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot write as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Indented, with a line end. */
    public static String pretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot write as JSON: " + e.getOriginalMessage(), e);
        }
    }
}
