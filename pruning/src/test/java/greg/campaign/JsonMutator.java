package greg.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Valid JSON with other content: values of other types, extremes, fields that are missing, doubled, renamed or moved. */
final class JsonMutator implements Mutator {
    static final JsonMutator INSTANCE = new JsonMutator();

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_EDITS = 3;
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1",
            "2",
            "0.5",
            "-0.0",
            "1e308",
            "1e-320",
            "1e999",
            "2147483647",
            "2147483648",
            "-2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "1" + "0".repeat(900),
            "\"\"",
            "\"x\"",
            "\"NaN\"",
            "\"Infinity\"",
            "\"-1\"",
            "\"../../x\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"%n %s\"",
            "\"" + "a".repeat(3000) + "\"",
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "{\"\":null}",
            "[0,1,2,3,4,5,6,7]",
            "[\"a\",\"b\"]",
            "[".repeat(900) + "]".repeat(900),
            "[".repeat(2000) + "]".repeat(2000));

    private JsonMutator() {}

    @Override
    public byte[] mutate(byte[] input, byte[] other, SplittableRandom random) {
        JsonNode tree;
        try {
            tree = JSON.readTree(input);
        } catch (IOException e) {
            return ByteMutator.INSTANCE.mutate(input, other, random); // a reproducer that is not JSON
        }
        if (!(tree instanceof ContainerNode<?>)) return value(random).getBytes(StandardCharsets.UTF_8);
        for (int edits = 1 + random.nextInt(MOST_EDITS); edits > 0; edits--) edit(tree, random);
        return tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String value(SplittableRandom random) {
        return VALUES.get(random.nextInt(VALUES.size()));
    }

    /** Changes one child of one container anywhere in the tree. */
    private static void edit(JsonNode tree, SplittableRandom random) {
        List<ContainerNode<?>> containers = new ArrayList<>();
        collect(tree, containers);
        ContainerNode<?> at = containers.get(random.nextInt(containers.size()));
        JsonNode other = containers.get(random.nextInt(containers.size())).deepCopy();
        if (at instanceof ArrayNode list) edit(list, other, random);
        else edit((ObjectNode) at, other, random);
    }

    private static void collect(JsonNode node, List<ContainerNode<?>> into) {
        if (!(node instanceof ContainerNode<?> container)) return;
        into.add(container);
        node.forEach(child -> collect(child, into));
    }

    private static void edit(ArrayNode list, JsonNode other, SplittableRandom random) {
        int size = list.size();
        int at = size == 0 ? 0 : random.nextInt(size);
        switch (size == 0 ? 0 : random.nextInt(5)) {
            case 0 -> list.insertRawValue(at, new RawValue(value(random)));
            case 1 -> list.remove(at);
            case 2 -> list.insert(at, list.get(at).deepCopy());
            case 3 -> list.set(at, other);
            default -> list.setRawValue(at, new RawValue(value(random)));
        }
    }

    private static void edit(ObjectNode object, JsonNode other, SplittableRandom random) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        if (names.isEmpty()) {
            object.putRawValue("x", new RawValue(value(random)));
            return;
        }
        String name = names.get(random.nextInt(names.size()));
        switch (random.nextInt(7)) {
            case 0 -> object.remove(name);
            case 1 -> object.set(name + "x", object.remove(name));
            case 2 -> object.set(name, other);
            case 3 -> object.set(name, object.get(names.get(random.nextInt(names.size()))));
            case 4 -> object.putRawValue("x", new RawValue(value(random)));
            default -> object.putRawValue(name, new RawValue(value(random)));
        }
    }
}
