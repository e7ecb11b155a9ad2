package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What {@code inspect} shows for every configuration in structure.txt: the shape of each layer, parameters, FLOPs, exactly.
 * The configurations are those of the paper's tables, by the reference implementation.
 */
class StructureTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestFactory
    Stream<DynamicTest> everyConfiguration() throws IOException {
        String text;
        try (InputStream in = StructureTest.class.getResourceAsStream("structure.txt")) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        List<String> blocks = Arrays.stream(text.split("\n\n")).skip(1).toList();
        assertEquals(21, blocks.size());
        return blocks.stream()
                .map(block -> DynamicTest.dynamicTest(block.lines().findFirst().orElseThrow(), () -> {
                    check(block.lines().toList());
                }));
    }

    private static void check(List<String> lines) throws IOException {
        String[] flags = lines.get(0).split("\\|", -1);
        Cli result = Cli.run(
                "inspect",
                "--arch",
                flags[0],
                "--dataset",
                flags[1],
                "--wg",
                flags[2],
                "--stage-pr",
                flags[3],
                "--skip-layers",
                flags[4],
                "--json");
        assertEquals(0, result.code(), result.err());
        JsonNode json = JSON.readTree(result.out());
        long[] counts = Arrays.stream(lines.get(1).split(" "))
                .mapToLong(Long::parseLong)
                .toArray();
        List<Long> actual = new ArrayList<>();
        for (String count : List.of("params", "all_params", "flops")) {
            actual.add(json.get(count).get("before").asLong());
            actual.add(json.get(count).get("after").asLong());
        }
        assertEquals(Arrays.stream(counts).boxed().toList(), actual, "params, all parameters, FLOPs");
        assertEquals(counts[4] / (double) counts[5], json.get("speedup").asDouble(), 1e-12);
        assertEquals(
                100.0 * (counts[2] - counts[3]) / counts[2],
                json.get("sparsity_percent").asDouble(),
                1e-9);
        assertEquals(counts[0] / (double) counts[1], json.get("compression").asDouble(), 1e-12);
        Map<String, String> expected = new LinkedHashMap<>();
        lines.stream().skip(2).map(line -> line.split(" ", 2)).forEach(words -> expected.put(words[0], words[1]));
        Map<String, String> changed = new LinkedHashMap<>();
        for (JsonNode layer : json.get("layers")) {
            String before = shape(layer.get("shape"));
            String after = shape(layer.get("kept_shape"));
            if (!before.equals(after)) changed.put(layer.get("name").asText(), before + " " + after);
        }
        assertEquals(expected, changed);
    }

    private static String shape(JsonNode dims) {
        return StreamSupport.stream(dims.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining("x"));
    }
}
