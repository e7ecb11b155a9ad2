package greg.pruning.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * JSON text altered in one place: a value replaced by one of another kind, by one far out of range or by a deep nest, a value
 * removed or given twice, or a character of the text changed.
 */
public final class JsonMutants {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PLACE = "\"the mutated place\"";

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "\"\"",
            "\"x\"",
            "\"NaN\"",
            "NaN",
            "{}",
            "[]",
            "[null]",
            "{\"a\":null}",
            "0",
            "-1",
            "1.5",
            "4294967296",
            "-9223372036854775808",
            "9223372036854775807",
            "123456789012345678901234567890",
            "1e308",
            "1e999",
            "\"2147483648\"",
            "\"-1\"",
            "\"0=0;0=0\"",
            "[".repeat(5000) + "]".repeat(5000),
            "{\"a\":".repeat(2000) + "1" + "}".repeat(2000));

    private JsonMutants() {}

    /** {@code text} altered in a place, and in a way, that {@code random} chooses. */
    public static String of(String text, Random random) throws IOException {
        if (random.nextInt(5) == 0) return ofText(text, random);
        JsonNode root = JSON.readTree(text);
        List<Runnable> removals = new ArrayList<>();
        List<Runnable> marks = new ArrayList<>();
        collect(root, removals, marks);
        if (marks.isEmpty()) return VALUES.get(random.nextInt(VALUES.size()));
        int place = random.nextInt(marks.size());
        if (random.nextInt(5) == 0) {
            removals.get(place).run();
            return root.toString();
        }
        marks.get(place).run();
        return root.toString().replace(PLACE, VALUES.get(random.nextInt(VALUES.size())));
    }

    private static void collect(JsonNode node, List<Runnable> removals, List<Runnable> marks) {
        JsonNode mark = JSON.getNodeFactory().textNode(PLACE.substring(1, PLACE.length() - 1));
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                removals.add(() -> object.remove(member.getKey()));
                marks.add(() -> object.set(member.getKey(), mark));
                collect(member.getValue(), removals, marks);
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                int index = i;
                removals.add(() -> array.remove(index));
                marks.add(() -> array.set(index, mark));
                collect(array.get(i), removals, marks);
            }
        }
    }

    private static String ofText(String text, Random random) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(4)) {
            case 0: // cut off
                return text.substring(0, at);
            case 1: // a part twice, e.g. a member
                int end = at + random.nextInt(text.length() - at);
                return text.substring(0, end) + text.substring(at);
            case 2:
                return text.substring(0, at) + (char) (' ' + random.nextInt(95)) + text.substring(at + 1);
            default:
                return text.substring(0, at)
                        + (char) (text.charAt(at) ^ 1 << random.nextInt(7))
                        + text.substring(at + 1);
        }
    }
}
