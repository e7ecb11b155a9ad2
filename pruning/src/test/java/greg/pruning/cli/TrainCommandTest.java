package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} and {@code evaluate} on a handful of images, on the reference backend. */
class TrainCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.mnist(data);
    }

    private Cli train(Path out, String... more) {
        List<String> args = new ArrayList<>(List.of(
                "train", "--arch", "lenet5", "--dataset", "mnist", "--data", data.toString(), "--device", "reference"));
        args.addAll(List.of("--epochs", "2", "--batch-size", "8", "--lr", "0.01", "--out", out.toString()));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    @Test
    void aRunFolderHoldsConfigMetricsAndCheckpoints() throws Exception {
        Path out = temp.resolve("a/run");
        Cli result = train(out, "--seed", "7");
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().contains("run folder: " + out), result.out());

        JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
        assertEquals("train", config.get("command").asText());
        assertEquals("lenet5", config.get("arch").asText());
        assertEquals(7, config.get("seed").asInt());
        assertEquals("reference", config.get("device").get("kind").asText());
        assertEquals(24, config.get("dataset").get("train").get("records").asInt());
        assertTrue(config.get("dataset").get("test").get("checksum").asText().startsWith("sha256:"));
        assertEquals(8, config.get("options").get("batch-size").asInt());
        assertEquals(0.9, config.get("options").get("momentum").asDouble(), "defaults are written too");
        assertFalse(config.get("version").asText().isBlank());

        List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
        assertEquals(2, lines.size());
        JsonNode second = JSON.readTree(lines.get(1));
        assertEquals("train", second.get("phase").asText());
        assertEquals(1, second.get("epoch").asInt());
        assertEquals(5, second.get("iteration").asInt(), "3 steps an epoch");
        for (String key : List.of("loss", "accuracy", "test_loss", "test_accuracy", "lr")) {
            assertTrue(second.get(key).isNumber(), key);
        }
        try (var files = Files.list(out.resolve("checkpoint"))) {
            assertEquals(
                    List.of(
                            "best.safetensors",
                            "latest.safetensors",
                            "state.previous.safetensors",
                            "state.safetensors"),
                    files.map(f -> f.getFileName().toString()).sorted().toList(),
                    "no temporary files stay");
        }
    }

    @Test
    void theSeedFixesTheWeights() throws Exception {
        assertEquals(0, train(temp.resolve("a")).code());
        assertEquals(0, train(temp.resolve("b")).code());
        assertEquals(0, train(temp.resolve("c"), "--seed", "1").code());
        byte[] a = Files.readAllBytes(temp.resolve("a/checkpoint/latest.safetensors"));
        assertEquals(
                -1,
                Files.mismatch(
                        temp.resolve("a/checkpoint/latest.safetensors"),
                        temp.resolve("b/checkpoint/latest.safetensors")));
        assertFalse(java.util.Arrays.equals(a, Files.readAllBytes(temp.resolve("c/checkpoint/latest.safetensors"))));
    }

    @Test
    void evaluateKnowsARunFolderAndAFile() throws Exception {
        Path out = temp.resolve("run");
        assertEquals(0, train(out).code());
        List<String> answers = new ArrayList<>();
        for (Path weights : List.of(out, out.resolve("checkpoint/best.safetensors"))) {
            Cli result = Cli.run(
                    "evaluate",
                    "--base_model_path",
                    weights.toString(),
                    "--dataset",
                    "mnist",
                    "--data",
                    data.toString(),
                    "--device",
                    "reference",
                    "--json",
                    "--batch_size",
                    "3");
            assertEquals(0, result.code(), result.err());
            JsonNode json = JSON.readTree(result.out());
            List<String> keys = new ArrayList<>();
            json.fieldNames().forEachRemaining(keys::add);
            assertEquals(
                    List.of("arch", "dataset", "records", "top1_correct", "top1", "top5_correct", "top5", "loss"),
                    keys);
            assertEquals("lenet5", json.get("arch").asText());
            assertEquals(10, json.get("records").asInt());
            assertEquals(
                    10.0 * json.get("top1_correct").asInt(), json.get("top1").asDouble());
            assertTrue(json.get("loss").isNumber());
            answers.add(result.out());
        }
        assertEquals(answers.get(0), answers.get(1));
        JsonNode best = JSON.readTree(answers.get(0));
        double most = 0;
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            most = Math.max(most, JSON.readTree(line).get("test_accuracy").asDouble());
        }
        assertEquals(most, best.get("top1").asDouble(), "the checkpoint called best is the best epoch's");
    }

    @Test
    void maxIterationsEndsEarlyAndIsEvaluated() throws Exception {
        Path out = temp.resolve("run");
        Cli result = train(out, "--max-iterations", "1");
        assertEquals(0, result.code(), result.err());
        assertTrue(Files.isRegularFile(out.resolve("checkpoint/latest.safetensors")));
        assertTrue(result.out().matches("(?s).*% at the end, before any epoch was complete\\R.*"), result.out());
        Cli second = train(temp.resolve("second"), "--max-iterations", "4");
        assertEquals(0, second.code(), second.err());
        assertTrue(second.out().matches("(?s).*% at the end, [0-9.]+% after the best epoch \\(0\\).*"), second.out());
    }

    @Test
    void aFolderInUseIsLeftAloneUnlessForced() throws Exception {
        Path out = temp.resolve("run");
        assertEquals(0, train(out).code());
        Files.writeString(out.resolve("notes.txt"), "mine");
        byte[] before = Files.readAllBytes(out.resolve("metrics.jsonl"));
        Cli refused = train(out);
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("is not empty; name another folder, or overwrite"), refused.err());
        assertEquals(-1, java.util.Arrays.mismatch(before, Files.readAllBytes(out.resolve("metrics.jsonl"))));
        assertEquals(
                0,
                train(out, "--force", "--epochs", "1").code() == 0
                        ? 0
                        : train(out, "--force").code());
        assertEquals("mine", Files.readString(out.resolve("notes.txt")), "only a run's own files are overwritten");
        assertEquals(2, Files.readAllLines(out.resolve("metrics.jsonl")).size(), "metrics start over");
    }
}
