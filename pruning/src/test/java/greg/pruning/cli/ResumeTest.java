package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.KernelException;
import greg.pruning.run.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --resume}: a run that is interrupted again and again ends like one that was not, to the bit. */
class ResumeTest {
    /** Bits are promised on the CPU, and on a GPU where kernels are deterministic, as they are in the tests. */
    static final String DEVICE = device();

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.cifar10(data.resolve("cifar"));
        TinyData.mnist(data.resolve("mnist"));
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    /** The device that this run of the tests is on, or where that is missing the one that is everywhere. */
    private static String device() {
        try (Backend fast = Backends.open("auto", BackendOptions.standard())) {
            return fast.device().kind();
        } catch (KernelException e) {
            return "reference";
        }
    }

    private static String[] train(Path out, String... more) {
        List<String> args = new ArrayList<>(List.of("train", "--arch", "lenet5", "--dataset", "mnist"));
        args.addAll(List.of("--data", data.resolve("mnist").toString(), "--device", "reference", "--epochs", "3"));
        args.addAll(List.of("--batch-size", "10", "--lr", "0:0.05,2:0.01", "--out", out.toString()));
        args.addAll(List.of(more));
        return args.toArray(new String[0]);
    }

    private static String[] prune(Path out, String... more) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "cifar10"));
        args.addAll(List.of("--data", data.resolve("cifar").toString(), "--device", DEVICE, "--threads", "1"));
        args.addAll(List.of("--stage-pr", "[0,0.5,0.5,0.5,0]", "--base-epochs", "2", "--base-lr", "0:0.05,1:0.01"));
        args.addAll(List.of("--epochs", "2", "--lr-ft", "0.01", "--batch-size", "8", "--batch-size-prune", "8"));
        args.addAll(List.of("--update-reg-interval", "2", "--stabilize-reg-interval", "3", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
        args.addAll(List.of("--reg-granularity-prune", "0.25", "--one-shot", "--out", out.toString()));
        args.addAll(List.of(more));
        return args.toArray(new String[0]);
    }

    /** Interrupts the run after every {@code steps} steps; returns its messages. */
    static String interrupted(String[] first, Path out, int steps) {
        StringBuilder said = new StringBuilder();
        Interrupts.pretend(steps);
        Cli run = Cli.run(first);
        while (run.code() == Failures.INTERRUPTED) {
            String advice = "everything is saved, resume with: greg " + first[0] + " --resume " + out;
            assertTrue(run.err().contains(advice), run.err());
            said.append(run.err());
            Interrupts.pretend(steps);
            run = Cli.run(first[0], "--resume", out.toString());
        }
        assertEquals(0, run.code(), run.err());
        return said.append(run.err()).toString();
    }

    @ParameterizedTest
    @CsvSource({"GReg-1,filter,l1", "GReg-2,filter,taylor", "GReg-2,channel,l1", "GReg-2,weight,l1", "FixReg,filter,l2"
    })
    void aPruneRunInterruptedAfterEveryStep(String method, String wg, String score) throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        String[] settings = {"--method", method, "--wg", wg, "--score", score};
        Cli uninterrupted = Cli.run(prune(whole, settings));
        assertEquals(0, uninterrupted.code(), uninterrupted.err());
        String said = interrupted(prune(broken, settings), broken, 1);
        for (String phase : List.of("training", "growth", "finetuning", "one-shot comparison")) {
            assertTrue(said.contains(" in its " + phase), said);
        }
        RunFolders.assertSame(whole, broken);
    }

    @ParameterizedTest
    @CsvSource({"1,0", "2,0", "5,0", "1,4", "2,5"})
    void aTrainingInterruptedAgainAndAgain(int steps, String maxIterations) throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        String[] settings = {"--max-iterations", maxIterations};
        assertEquals(0, Cli.run(train(whole, settings)).code());
        interrupted(train(broken, settings), broken, steps);
        RunFolders.assertSame(whole, broken);
    }

    @Test
    void dropoutGoesOnThroughThePhasesOfPruning() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        List<String> settings = new ArrayList<>(List.of("prune", "--arch", "mobilenet_v2", "--dataset", "cifar10"));
        settings.addAll(List.of("--data", data.resolve("cifar").toString(), "--device", DEVICE, "--threads", "1"));
        settings.addAll(List.of("--stage-pr", "features.18.0:0.5", "--base-epochs", "1", "--base-lr", "0.01"));
        settings.addAll(List.of("--epochs", "1", "--lr-ft", "0.01", "--batch-size", "10", "--batch-size-prune", "10"));
        settings.addAll(List.of("--method", "FixReg", "--stabilize-reg-interval", "2", "--reg-upper-limit", "1"));
        for (Path out : List.of(whole, broken)) {
            List<String> args = new ArrayList<>(settings);
            args.addAll(List.of("--out", out.toString()));
            String[] command = args.toArray(new String[0]);
            if (out == broken) {
                interrupted(command, out, 1);
            } else {
                Cli uninterrupted = Cli.run(command);
                assertEquals(0, uninterrupted.code(), uninterrupted.err());
            }
        }
        RunFolders.assertSame(whole, broken);
    }

    @Test
    void newWeightsBeforeFinetuningAreTheSameWhereverTheRunWasInterrupted() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        String[] settings = {"--method", "FixReg", "--reinit", "default"};
        assertEquals(0, Cli.run(prune(whole, settings)).code());
        interrupted(prune(broken, settings), broken, 1);
        RunFolders.assertSame(whole, broken);
    }

    @Test
    void aGrowthCutShortByMaxIterationsGoesOnToo() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        String[] settings = {"--max-iterations", "4", "--method", "GReg-2"};
        assertEquals(0, Cli.run(prune(whole, settings)).code());
        interrupted(prune(broken, settings), broken, 3);
        RunFolders.assertSame(whole, broken);
    }

    private static String[] trainWithDropout(Path out) {
        List<String> args = new ArrayList<>(List.of("train", "--arch", "mobilenet_v2", "--dataset", "cifar10"));
        args.addAll(List.of("--data", data.resolve("cifar").toString(), "--device", DEVICE, "--threads", "1"));
        args.addAll(List.of("--epochs", "1", "--batch-size", "8", "--lr", "0.01", "--out", out.toString()));
        return args.toArray(new String[0]);
    }

    @Test
    void dropoutGoesOnWithItsNextMask() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        Cli uninterrupted = Cli.run(trainWithDropout(whole));
        assertEquals(0, uninterrupted.code(), uninterrupted.err());
        interrupted(trainWithDropout(broken), broken, 1);
        RunFolders.assertSame(whole, broken);
    }

    @Test
    void recordsAndFilesWrittenAfterTheCheckpointAreTakenBack() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        assertEquals(0, Cli.run(train(whole)).code());
        Interrupts.pretend(4);
        assertEquals(Failures.INTERRUPTED, Cli.run(train(broken)).code());
        Files.writeString(broken.resolve("metrics.jsonl"), "{\"phase\":\"train\",\"epo", StandardOpenOption.APPEND);
        Files.writeString(broken.resolve("checkpoint/.state.safetensors.4711.tmp"), "half");
        Files.writeString(broken.resolve(".plan.json.4711.tmp"), "half");
        Cli resumed = Cli.run("train", "--resume", broken.toString());
        assertEquals(0, resumed.code(), resumed.err());
        assertTrue(resumed.err().contains(" in its training after iteration 3"), resumed.err());
        RunFolders.assertSame(whole, broken);
    }

    @Test
    void aRunThatWasKilledBeforeItsFirstCheckpointStartsAgain() throws Exception {
        Path whole = temp.resolve("whole");
        Path broken = temp.resolve("broken");
        assertEquals(0, Cli.run(train(whole)).code());
        Interrupts.pretend(1);
        assertEquals(Failures.INTERRUPTED, Cli.run(train(broken)).code());
        Files.delete(broken.resolve(RunState.FILE));
        Files.delete(broken.resolve(RunState.PREVIOUS));
        assertEquals(0, Files.size(broken.resolve("metrics.jsonl")), "nothing is left of the step");
        Cli resumed = Cli.run("train", "--resume", broken.toString());
        assertEquals(0, resumed.code(), resumed.err());
        assertTrue(resumed.err().contains("before its first checkpoint"), resumed.err());
        RunFolders.assertSame(whole, broken);
    }

    /** The options that came since have their defaults, which are what that greg did. */
    @Test
    void aRunOfAnOlderGregThatLacksNewerOptionsIsResumed() throws Exception {
        Path whole = temp.resolve("whole");
        Path old = temp.resolve("old");
        assertEquals(
                0, Cli.run(prune(whole, "--method", "GReg-2", "--wg", "filter")).code());
        Files.createDirectories(old);
        ObjectNode config = (ObjectNode)
                new ObjectMapper().readTree(whole.resolve("config.json").toFile());
        ((ObjectNode) config.get("options")).remove(List.of("log-interval", "test-interval", "scores-at", "score"));
        ((ObjectNode) config.get("pruning")).remove("score");
        Files.writeString(old.resolve("config.json"), config.toString());
        Cli other = Cli.run("prune", "--resume", old.toString(), "--test-interval", "2");
        assertEquals(2, other.code(), other.err());
        Cli resumed = Cli.run("prune", "--resume", old.toString());
        assertEquals(0, resumed.code(), resumed.err());
        RunFolders.assertSame(whole, old);
    }

    @Test
    void theRunsOwnFlagsHold() throws Exception {
        Path out = temp.resolve("run");
        Interrupts.pretend(2);
        assertEquals(Failures.INTERRUPTED, Cli.run(train(out)).code());
        Cli other = Cli.run("train", "--resume", out.toString(), "--lr", "0.1");
        assertEquals(2, other.code());
        assertTrue(
                other.err().contains("--lr 0.1: the run in " + out + " has 0:0.05,2:0.01; leave it out"), other.err());
        Cli moved = Cli.run(
                "train", "--resume", out.toString(), "--out", temp.resolve("b").toString());
        assertEquals(2, moved.code());
        assertTrue(moved.err().contains("--out: --resume continues in"), moved.err());
        Cli command = Cli.run("prune", "--resume", out.toString());
        assertEquals(2, command.code());
        assertTrue(command.err().contains("holds a run of 'greg train', not of 'greg prune'"), command.err());
        // a flag that agrees is accepted, and the interval may change
        Cli same = Cli.run("train", "--resume", out.toString(), "--batch-size", "10", "--checkpoint-interval", "5");
        assertEquals(0, same.code(), same.err());
        Cli again = Cli.run("train", "--resume", out.toString());
        assertEquals(0, again.code(), again.err());
        assertTrue(again.err().contains("there is nothing left to do"), again.err());
    }

    /** A process that is killed between its last checkpoint and its end leaves the lock of its folder behind. */
    @Test
    void whatAFinishedRunLeftBehindIsDeleted() throws Exception {
        Path out = temp.resolve("run");
        assertEquals(0, Cli.run(train(out)).code());
        List<String> files = RunFolders.files(out);
        Files.createFile(out.resolve(".greg-lock"));
        Files.createFile(out.resolve(".report.html.4711.tmp"));
        Cli again = Cli.run("train", "--resume", out.toString());
        assertEquals(0, again.code(), again.err());
        assertEquals(files, RunFolders.files(out));
    }

    @Test
    void otherImagesAreRefusedAndMovedOnesFound() throws Exception {
        Path out = temp.resolve("run");
        Interrupts.pretend(2);
        assertEquals(Failures.INTERRUPTED, Cli.run(train(out)).code());
        byte[] before = Files.readAllBytes(out.resolve(RunState.FILE));
        Path other = TinyData.mnist(temp.resolve("other"));
        Path images = other.resolve("train-images-idx3-ubyte");
        byte[] changed = Files.readAllBytes(images);
        changed[100]++;
        Files.write(images, changed);
        Cli refused = Cli.run("train", "--resume", out.toString(), "--data", other.toString());
        assertEquals(1, refused.code());
        assertTrue(refused.err().contains("the train images are not the run's"), refused.err());
        assertEquals(-1, java.util.Arrays.mismatch(before, Files.readAllBytes(out.resolve(RunState.FILE))));
        Path moved = TinyData.mnist(temp.resolve("moved"));
        Cli found = Cli.run("train", "--resume", out.toString(), "--data", moved.toString(), "--threads", "3");
        assertEquals(0, found.code(), found.err());
    }

    @Test
    void whatIsNoRunIsRefused() throws Exception {
        Cli none = Cli.run("train", "--resume", temp.resolve("none").toString());
        assertEquals(2, none.code());
        assertTrue(none.err().contains("so there is no run to resume; start a new one with --out"), none.err());
        Path out = temp.resolve("run");
        Interrupts.pretend(1);
        assertEquals(Failures.INTERRUPTED, Cli.run(train(out)).code());
        for (String name : List.of(RunState.FILE, RunState.PREVIOUS)) {
            byte[] state = Files.readAllBytes(out.resolve(name));
            Files.write(out.resolve(name), java.util.Arrays.copyOf(state, state.length / 2));
        }
        Cli damaged = Cli.run("train", "--resume", out.toString());
        assertEquals(1, damaged.code());
        assertTrue(damaged.err().contains("both checkpoints are lost"), damaged.err());
        assertTrue(damaged.err().contains("truncated"), damaged.err());
    }
}
