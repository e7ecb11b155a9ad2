package greg.pruning.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * JSON text of records, maps, lists, strings and numbers: the one mapper. It reads strictly: a number that is missing, null,
 * text or of another kind is refused, and so are two values of one name and nesting that no file of ours has. What else a
 * record expects it checks itself.
 */
public final class Json {
    private static final int MAX_DEPTH = 100;
    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                    DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

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
        } catch (CharacterCodingException e) {
            throw new BadJsonException(file + " is not JSON: it is not text in UTF-8");
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
            T value = MAPPER.readValue(text, type);
            if (value == null) throw new BadJsonException(file + ": expected an object, got null");
            return value;
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
