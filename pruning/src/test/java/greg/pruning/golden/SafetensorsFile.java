package greg.pruning.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/** The float32 tensors of a safetensors file: u64 header length, JSON header, raw data, all little-endian. */
final class SafetensorsFile {
    private SafetensorsFile() {}

    static Map<String, float[]> floats(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int header = Math.toIntExact(bytes.getLong(0));
            JsonNode table = new ObjectMapper().readTree(bytes.array(), 8, header);
            Map<String, float[]> tensors = new HashMap<>();
            for (Iterator<Map.Entry<String, JsonNode>> i = table.fields(); i.hasNext(); ) {
                Map.Entry<String, JsonNode> entry = i.next();
                if (entry.getValue().path("dtype").asText().equals("F32")) {
                    JsonNode range = entry.getValue().get("data_offsets");
                    int from = range.get(0).intValue();
                    float[] data = new float[(range.get(1).intValue() - from) / Float.BYTES];
                    bytes.position(8 + header + from);
                    bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(data);
                    tensors.put(entry.getKey(), data);
                }
            }
            return tensors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
