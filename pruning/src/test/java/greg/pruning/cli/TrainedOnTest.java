package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a checkpoint says of the images it was trained on is used where no flag says otherwise, and a difference is said. */
class TrainedOnTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DEVICE = " --device " + ResumeTest.DEVICE + " --threads 1";
    private static final String BEST = "checkpoint/best.safetensors";

    @TempDir
    static Path shared;

    /** A training on images with an unusual mean and standard deviation. */
    static Path run;

    @TempDir
    Path temp;

    @BeforeAll
    static void train() throws Exception {
        TinyData.mnist(shared.resolve("mnist"));
        run = shared.resolve("run");
        ok(
                "train --arch lenet5 --dataset mnist --augment none --epochs 3 --batch-size 8 --lr 0.05"
                        + " --mean 0.75 --std 0.125" + DEVICE + " --out",
                run,
                "--data",
                images());
    }

    private static Path images() {
        return shared.resolve("mnist");
    }

    private static Cli greg(String words, Object... more) {
        List<String> args = new ArrayList<>(List.of(words.split(" ")));
        for (Object word : more) args.add(word.toString());
        return Cli.run(args.toArray(new String[0]));
    }

    private static Cli ok(String words, Object... more) {
        Cli cli = greg(words, more);
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    private static List<String> warnings(Cli cli) {
        return cli.err().lines().filter(l -> l.startsWith("warning: ")).toList();
    }

    private static Cli evaluate(Object weights, Object... more) {
        List<Object> words = new ArrayList<>(List.of(weights, "--data", images()));
        words.addAll(List.of(more));
        return ok("evaluate --json" + DEVICE + " --weights", words.toArray());
    }

    /** The epochs of a run's metrics. */
    private static List<JsonNode> epochs(Path folder) throws Exception {
        List<JsonNode> epochs = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
            JsonNode record = JSON.readTree(line);
            if (record.has("epoch")) epochs.add(record);
        }
        return epochs;
    }

    private static void assertMeasured(JsonNode epoch, Cli evaluated) throws Exception {
        JsonNode json = JSON.readTree(evaluated.out());
        assertEquals(epoch.get("test_accuracy").asDouble(), json.get("top1").asDouble());
        assertEquals(epoch.get("test_loss").asDouble(), json.get("loss").asDouble());
    }

    /** The file with other metadata. */
    private Path rewritten(Path file, Path to, Map<String, String> metadata) throws Exception {
        Files.createDirectories(to.getParent());
        Safetensors.write(to, Safetensors.read(file).state(), metadata);
        return to;
    }

    @Test
    void evaluateGivesTheNumberThatTheRunHas() throws Exception {
        JsonNode last = epochs(run).get(2);
        Cli cli = evaluate(run.resolve("checkpoint/latest.safetensors"));
        assertMeasured(last, cli);
        assertEquals("mnist", JSON.readTree(cli.out()).get("dataset").asText());
        assertEquals(List.of(), warnings(cli));
    }

    @Test
    void aDifferenceIsSaidInOneLine() throws Exception {
        Path file = run.resolve("checkpoint/latest.safetensors");
        Cli same = evaluate(file, "--dataset", "mnist", "--mean", "0.75", "--std", "0.1250");
        assertMeasured(epochs(run).get(2), same);
        assertEquals(List.of(), warnings(same));
        Cli other = evaluate(file, "--mean", "0.1307", "--std", "0.3081");
        assertNotEquals(same.out(), other.out());
        assertEquals(
                List.of("warning: " + file + " was trained with --mean 0.75 --std 0.125, now it gets --mean 0.1307"
                        + " --std 0.3081"),
                warnings(other));
        Cli images = evaluate(file, "--dataset", "fashion-mnist");
        assertEquals(
                List.of("warning: " + file + " was trained with --dataset mnist, now it gets --dataset fashion-mnist"),
                warnings(images));
        assertMeasured(epochs(run).get(2), images); // the same files, and still the mean of the training
        Cli one = greg("evaluate --mean 0.5 --weights", file, "--data", images());
        assertEquals(2, one.code());
        assertTrue(one.err().contains("--mean and --std: give both or neither"), one.err());
    }

    @Test
    void aFileThatDoesNotSayIsReadAsBefore() throws Exception {
        Path file = run.resolve("checkpoint/latest.safetensors");
        Checkpoint checkpoint = Safetensors.read(file);
        Map<String, String> old = new HashMap<>(checkpoint.metadata());
        assertTrue(old.keySet().removeAll(List.of("dataset", "mean", "std", "test_accuracy")));
        Path folder = temp.resolve("old");
        rewritten(file, folder.resolve(BEST), old);
        Cli cli = evaluate(folder, "--dataset", "mnist", "--mean", "0.75", "--std", "0.125");
        assertMeasured(epochs(run).get(2), cli);
        assertEquals(List.of(), warnings(cli));
        assertTrue(
                cli.err().contains(folder + ": taking " + BEST + "; the accuracy of its networks is not in the files"),
                cli.err());
        Cli usual = evaluate(folder, "--dataset", "mnist");
        assertEquals(evaluate(file, "--mean", "0.1307", "--std", "0.3081").out(), usual.out());
    }

    @Test
    void pruningFollowsAndPassesOn() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        String prune = "prune --method L1 --stage-pr conv1:0.5 --epochs 2 --batch-size 8 --lr-ft 0.01 --augment none"
                + DEVICE + " --checkpoint-interval 0 --out ";
        ok(prune + whole, "--weights", run, "--data", images());
        JsonNode config = JSON.readTree(whole.resolve("config.json").toFile());
        assertEquals("mnist", config.at("/options/dataset").asText());
        assertEquals("0.75", config.at("/options/mean").asText());
        assertEquals(0.125, config.at("/dataset/std/0").asDouble());
        Cli cli = evaluate(whole.resolve("pruned.safetensors"));
        assertMeasured(epochs(whole).get(1), cli);

        Interrupts.pretend(2);
        Cli resumed = greg(prune + broken, "--weights", run, "--data", images());
        for (int i = 0; resumed.code() == Failures.INTERRUPTED; i++) {
            assertTrue(i < 20, resumed.err());
            Interrupts.pretend(2);
            resumed = greg("prune --resume", broken);
        }
        Interrupts.pretend(0);
        assertEquals(0, resumed.code(), resumed.err());
        RunFolders.assertSame(whole, broken);
    }

    @Test
    void inspectAndExportSayIt() throws Exception {
        Path file = run.resolve(BEST);
        Cli text = ok("inspect --weights", file);
        assertTrue(
                text.out()
                        .startsWith("lenet5, 10 classes, trained on mnist with mean 0.75 and standard deviation 0.125"),
                text.out());
        JsonNode json = JSON.readTree(ok("inspect --json --weights", file).out());
        assertEquals("mnist", json.get("dataset").asText());
        Cli other = ok("inspect --dataset fashion-mnist --weights", file);
        assertEquals(
                List.of("warning: " + file + " was trained with --dataset mnist, now it gets --dataset fashion-mnist"),
                warnings(other));
        Path exported = temp.resolve("model.safetensors");
        Cli export = ok("export --dataset fashion-mnist --to " + exported, file);
        assertEquals(1, warnings(export).size(), export.err());
        Map<String, String> metadata = Safetensors.read(exported).metadata();
        assertEquals(
                "mnist 0.75 0.125", metadata.get("dataset") + " " + metadata.get("mean") + " " + metadata.get("std"));
        Cli again = evaluate(exported, "--arch", "lenet5"); // plain weights still know their images
        assertEquals(evaluate(file).out(), again.out());
    }

    @Test
    void theSizeThatWasAskedForIsKept() throws Exception {
        Path out = temp.resolve("run");
        ok("train --arch mlp_7_linear --dataset synthetic --image-size 8 --epochs 0 --augment none --out", out);
        String file = out.resolve("checkpoint/latest.safetensors").toString();
        Cli followed = ok("evaluate --json --weights", file);
        assertEquals(ok("evaluate --json --image-size 8 --weights", file).out(), followed.out());
        Cli other = greg("evaluate --image-size 16 --weights", file);
        assertEquals(
                List.of("warning: " + file + " was trained with --image-size 8, now it gets --image-size 16"),
                warnings(other));
        assertNotEquals(0, other.code());
    }

    @Test
    void nonsenseIsRefused() throws Exception {
        Checkpoint checkpoint = Safetensors.read(run.resolve(BEST));
        for (String[] entry : new String[][] {
            {"mean", "x"}, {"mean", ""}, {"std", "0"}, {"std", "1,1"}, {"scaled_to", "-8"}, {"dataset", "nist"}
        }) {
            Map<String, String> metadata = new HashMap<>(checkpoint.metadata());
            metadata.put(entry[0], entry[1]);
            Path file = rewritten(run.resolve(BEST), temp.resolve("bad.safetensors"), metadata);
            Cli cli = greg("evaluate --weights", file, "--data", images());
            assertNotEquals(0, cli.code(), String.join(" = ", entry));
            assertFalse(cli.err().contains("internal error"), cli.err());
            assertEquals(1, cli.err().lines().count(), cli.err());
        }
        Map<String, String> metadata = new HashMap<>(checkpoint.metadata());
        metadata.put("mean", "0.5,0.5,0.5");
        metadata.put("std", "0.5,0.5,0.5");
        Path file = rewritten(run.resolve(BEST), temp.resolve("bad.safetensors"), metadata);
        Cli planes = greg("evaluate --weights", file, "--data", images());
        assertEquals(1, planes.code(), planes.err());
        assertTrue(planes.err().contains("expected mean and standard deviation of 1 planes"), planes.err());
    }
}
