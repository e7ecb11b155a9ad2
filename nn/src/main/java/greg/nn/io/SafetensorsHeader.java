package greg.nn.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file.
 *
 * @param dataStart byte of the file at which the data begin
 * @param tensors in the header's order; together they cover the data without overlap or gap
 * @param metadata strings, checksums included
 */
record SafetensorsHeader(long dataStart, List<Tensor> tensors, Map<String, String> metadata) {
    static final String METADATA = "__metadata__";
    private static final int MAX_HEADER = 1 << 25;

    /** About 17 tokens describe a tensor. Without limits a header of a few MB could become a tree of hundreds. */
    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
            .maxTokenCount(1_000_000)
            .maxNestingDepth(8)
            .maxNumberLength(20)
            .build();

    private static final ObjectMapper JSON = new ObjectMapper(
                    JsonFactory.builder().streamReadConstraints(LIMITS).build())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** One tensor: bytes [begin, end) from the start of the data. */
    record Tensor(String name, ElementType type, Shape shape, long begin, long end) {}

    /** Type and shape of the tensors by name, for {@link Checksums}. */
    Map<String, String> described() {
        Map<String, String> all = new HashMap<>();
        for (Tensor t : tensors)
            all.put(t.name(), Checksums.describe(t.type(), t.shape().dims()));
        return all;
    }

    static SafetensorsHeader read(Path file, FileChannel in) throws IOException {
        long size = in.size();
        if (size < 8) throw bad(file, "it has " + size + " bytes, the length of the header alone needs 8");
        ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        Safetensors.readFully(in, prefix, 0);
        long length = prefix.flip().getLong();
        if (length < 2 || length > MAX_HEADER) {
            throw bad(
                    file,
                    "the header's length is given as " + Long.toUnsignedString(length) + " bytes, expected 2 to "
                            + MAX_HEADER + "; is it this format?");
        }
        if (8 + length > size) {
            throw bad(file, "it is truncated: the header ends at byte " + (8 + length) + ", the file at " + size);
        }
        ByteBuffer text = ByteBuffer.allocate((int) length);
        Safetensors.readFully(in, text, 8);
        return parse(file, text.array(), 8 + length, size);
    }

    private static SafetensorsHeader parse(Path file, byte[] text, long dataStart, long size) {
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (IOException e) {
            String why = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
            throw new CheckpointException(
                    "read " + file + " as safetensors: the header is not valid JSON: " + CheckpointException.line(why),
                    e);
        }
        if (!root.isObject()) throw bad(file, "the header is not a JSON object");
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Tensor> tensors = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            if (!field.getKey().equals(METADATA)) {
                tensors.add(tensor(file, field.getKey(), field.getValue()));
                continue;
            }
            if (!field.getValue().isObject()) throw bad(file, METADATA + " is not an object");
            for (Map.Entry<String, JsonNode> string : field.getValue().properties()) {
                if (!string.getValue().isTextual()) {
                    throw bad(file, METADATA + "." + string.getKey() + " is not a string");
                }
                metadata.put(string.getKey(), string.getValue().textValue());
            }
        }
        checkCover(file, tensors, size - dataStart);
        return new SafetensorsHeader(dataStart, List.copyOf(tensors), metadata);
    }

    private static Tensor tensor(Path file, String name, JsonNode node) {
        ElementType type = ElementType.named(node.path("dtype").asText());
        if (type == null) {
            throw bad(
                    file,
                    "tensor " + name + " has the type '" + node.path("dtype").asText() + "'; expected one of "
                            + List.of(ElementType.values()));
        }
        long[] dims = numbers(file, name, node, "shape");
        long[] offsets = numbers(file, name, node, "data_offsets");
        long count = 1;
        for (long dim : dims) {
            if (dim < 1 || count > Integer.MAX_VALUE / dim) {
                throw bad(
                        file,
                        "tensor " + name + " has the shape " + node.path("shape")
                                + "; expected dimensions of at least 1 and at most 2^31-1 elements");
            }
            count *= dim;
        }
        if (offsets.length != 2 || offsets[0] < 0 || offsets[1] - offsets[0] != count * type.bytes()) {
            throw bad(
                    file,
                    "tensor " + name + " of " + count + " " + type + " needs " + count * type.bytes()
                            + " bytes, its data_offsets are " + node.path("data_offsets"));
        }
        int[] shape = new int[dims.length];
        for (int i = 0; i < shape.length; i++) shape[i] = (int) dims[i];
        return new Tensor(name, type, Shape.of(shape), offsets[0], offsets[1]);
    }

    private static long[] numbers(Path file, String name, JsonNode node, String key) {
        JsonNode list = node.path(key);
        boolean good = list.isArray();
        for (JsonNode number : list) good &= number.isIntegralNumber() && number.canConvertToLong();
        if (!good) throw bad(file, "tensor " + name + " has no list of integers '" + key + "'");
        long[] numbers = new long[list.size()];
        for (int i = 0; i < numbers.length; i++) numbers[i] = list.get(i).longValue();
        return numbers;
    }

    private static void checkCover(Path file, List<Tensor> tensors, long bytes) {
        List<Tensor> sorted = new ArrayList<>(tensors);
        sorted.sort(Comparator.comparingLong(Tensor::begin));
        long covered = 0;
        String previous = "the header";
        for (Tensor tensor : sorted) {
            if (tensor.begin() < covered) throw bad(file, "tensor " + tensor.name() + " overlaps " + previous);
            if (tensor.begin() > covered) {
                throw bad(file, "there is a gap of " + (tensor.begin() - covered) + " bytes before " + tensor.name());
            }
            if (tensor.end() > bytes) {
                throw bad(
                        file,
                        "it is truncated: tensor " + tensor.name() + " ends at byte " + tensor.end()
                                + " of the data, the file at " + bytes);
            }
            covered = tensor.end();
            previous = tensor.name();
        }
        if (covered != bytes) throw bad(file, "there are " + (bytes - covered) + " more bytes after the last tensor");
    }

    private static CheckpointException bad(Path file, String what) {
        return new CheckpointException("read " + file + " as safetensors: " + CheckpointException.line(what));
    }
}
