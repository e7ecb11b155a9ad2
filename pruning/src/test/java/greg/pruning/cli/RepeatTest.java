package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --config}: a run is repeated by what its config.json says. */
class RepeatTest {
    @TempDir
    Path temp;

    private Path run(String command, String... more) {
        Path out = temp.resolve(command);
        SmallRuns.run(SmallRuns.command(command, temp, out, more), 0);
        return out;
    }

    private static JsonNode config(Path run) throws Exception {
        return LenetRuns.JSON.readTree(run.resolve("config.json").toFile());
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "prune"})
    void givesTheSameRun(String command) throws Exception {
        Path run = run(command, "--seed", "5");
        Path again = temp.resolve("again");
        Cli repeated = Cli.run(command, "--config", run.resolve("config.json").toString(), "--out", again.toString());
        assertEquals(0, repeated.code(), repeated.err());
        assertFalse(repeated.err().contains("images are not"), repeated.err());
        SmallRuns.assertSame(run, again);
        assertEquals(config(run).get("pruning"), config(again).get("pruning"));
        // and can be repeated itself, from its folder
        Path third = temp.resolve("third");
        Cli thrice = Cli.run(command, "--config", again.toString(), "--out", third.toString());
        assertEquals(0, thrice.code(), thrice.err());
        SmallRuns.assertSame(run, third);
    }

    @Test
    void flagsTakeThePlaceOfItsOwn() throws Exception {
        Path run = run("prune", "--method", "GReg-1");
        Path again = temp.resolve("again");
        Cli repeated = Cli.run(
                "prune",
                "--config",
                run.toString(),
                "--out",
                again.toString(),
                "--method",
                "L1",
                "--seed",
                "1",
                "--wd=0");
        assertEquals(0, repeated.code(), repeated.err());
        JsonNode pruning = config(again).get("pruning");
        assertEquals("L1", pruning.get("method").asText());
        assertEquals(0, pruning.get("weight_decay").asDouble());
        assertEquals(1, config(again).get("seed").asInt());
        assertEquals(
                config(run).get("pruning").get("finetune").get("epochs"),
                pruning.get("finetune").get("epochs"));
    }

    @Test
    void saysThatTheImagesAreOthers() throws Exception {
        Path run = run("train");
        Path images = temp.resolve("mnist/train-images-idx3-ubyte");
        byte[] bytes = Files.readAllBytes(images);
        bytes[bytes.length - 1]++;
        Files.write(images, bytes);
        Cli repeated = Cli.run(
                "train", "--config", run.toString(), "--out", temp.resolve("x").toString());
        assertEquals(0, repeated.code(), repeated.err());
        String warning =
                "warning: --config: the train images are not the run's \\(sha256:\\w+, expected sha256:\\w+\\), .*";
        assertEquals(1, repeated.err().lines().filter(l -> l.matches(warning)).count(), repeated.err());
    }

    /** The recorded recipe and what the run's flags say of the experiment give way to a preset, other flags of the run do not. */
    @Test
    void aPresetThatIsGivenDecides() throws Exception {
        Path run = run("prune", "--method", "L1", "--momentum", "0.8");
        ObjectNode config = (ObjectNode) config(run);
        config.put("recipe", "imagenet");
        Path file = temp.resolve("edited.json");
        Files.writeString(file, config.toString());
        Path data = TinyData.cifar10(temp.resolve("cifar"));
        Path again = temp.resolve("again");
        Cli preset = Cli.run(("prune --preset resnet56-cifar10-0.5-greg1 --arch resnet8 --no-finetune --data " + data
                        + " --config " + file + " --out " + again)
                .split(" "));
        assertEquals(0, preset.code(), preset.err());
        JsonNode now = config(again);
        assertEquals("cifar", now.get("recipe").asText());
        assertEquals(5e-4, now.get("pruning").get("weight_decay").asDouble());
        assertEquals("GReg-1", now.get("pruning").get("method").asText());
        assertEquals("[0,0.5,0.5,0.5,0]", now.get("options").get("stage-pr").asText());
        assertEquals("cifar10", now.get("options").get("dataset").asText());
        assertEquals(0.8, now.get("pruning").get("momentum").asDouble());
        assertTrue(preset.err().contains("recipe cifar, of the preset's data set"), preset.err());
    }

    /** The images are small, the recorded recipe is that of large ones: it stays, and so does an older run's. */
    @Test
    void keepsTheRecipe() throws Exception {
        Path run = run("prune", "--method", "L1");
        ObjectNode config = (ObjectNode) config(run);
        assertEquals("cifar", config.get("recipe").asText());
        config.put("recipe", "imagenet");
        Path file = temp.resolve("edited.json");
        Files.writeString(file, config.toString());
        Path again = temp.resolve("again");
        assertEquals(
                0,
                Cli.run("prune", "--config", file.toString(), "--out", again.toString())
                        .code());
        assertEquals(1e-4, config(again).get("pruning").get("weight_decay").asDouble());
        config.remove("recipe");
        Files.writeString(file, config.toString());
        Path older = temp.resolve("older");
        assertEquals(
                0,
                Cli.run("prune", "--config", file.toString(), "--out", older.toString())
                        .code());
        assertEquals(5e-4, config(older).get("pruning").get("weight_decay").asDouble());
    }

    @Test
    void refusesWhatIsNoRunOfThisCommand() throws Exception {
        Path run = run("train");
        Cli other = Cli.run(
                "prune", "--config", run.toString(), "--out", temp.resolve("x").toString());
        assertEquals(2, other.code());
        assertTrue(other.err().contains("is of a run of 'greg train', not of 'greg prune'"), other.err());
        Path file = temp.resolve("c.json");
        ObjectNode config = (ObjectNode) config(run);
        config.putArray("args").add("--resume").add("elsewhere");
        Files.writeString(file, config.toString());
        Cli resumes = Cli.run("train", "--config", file.toString());
        assertEquals(1, resumes.code());
        assertTrue(resumes.err().contains("--resume or --config among the arguments"), resumes.err());
        config.putArray("args").add("--class-path").add(temp.resolve("evil.jar").toString());
        Files.writeString(file, config.toString());
        Cli loads = Cli.run("train", "--config", file.toString(), "--epochs", "0", "--out", temp + "/y");
        assertEquals(0, loads.code(), loads.err());
        assertFalse(config(temp.resolve("y")).get("args").toString().contains("evil"), "no code by a file's word");
    }
}
