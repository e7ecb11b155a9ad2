package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.pruning.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What two run folders must have in common if one run was interrupted and the other was not. */
final class RunFolders {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RunFolders() {}

    /** The same files, networks to the bit, the same numbers in report and metrics; only times may differ. */
    static void assertSame(Path expected, Path actual) throws IOException {
        assertEquals(files(expected), files(actual), "files");
        for (String name : files(expected)) {
            boolean timed = name.equals(RunState.FILE) || name.equals(RunState.PREVIOUS);
            if (name.endsWith(".safetensors") && !timed) {
                assertEquals(-1, Files.mismatch(expected.resolve(name), actual.resolve(name)), name);
            }
        }
        assertEquals(metrics(expected), metrics(actual), "metrics.jsonl");
        for (String name : List.of("report.json", "plan.json")) {
            if (Files.exists(expected.resolve(name))) assertEquals(json(expected, name), json(actual, name), name);
        }
    }

    /** Copies a folder; returns the copy. */
    static Path copy(Path from, Path to) throws IOException {
        for (String name : files(from)) {
            Path target = to.resolve(name);
            Files.createDirectories(target.getParent());
            Files.copy(from.resolve(name), target, StandardCopyOption.REPLACE_EXISTING);
        }
        return to;
    }

    /** All files in it and in its folders. */
    static List<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(f -> folder.relativize(f).toString())
                    .sorted()
                    .toList();
        }
    }

    private static JsonNode json(Path folder, String name) throws IOException {
        return untimed(JSON.readTree(folder.resolve(name).toFile()));
    }

    private static List<JsonNode> metrics(Path folder) throws IOException {
        List<JsonNode> records = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
            records.add(untimed(JSON.readTree(line)));
        }
        return records;
    }

    private static JsonNode untimed(JsonNode node) {
        return ((ObjectNode) node).remove(List.of("seconds", "images_per_second", "measured"));
    }
}
