package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.run.RunState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A flipped bit anywhere in the folder of a run: commands give what they give of the undamaged folder, or an error in one line,
 * or say that the previous checkpoint is used; they never end well with something else.
 */
class DamageTest extends LenetRuns {
    private static final String[] GROWING = {"--method", "GReg-1", "--wg", "filter", "--stage-pr", RATIOS};
    private static final String USED = "the previous checkpoint is used instead";
    private static final int FLIPS = 8;

    private final Random random = new Random(4);

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    /** Nothing reads what is only for people. */
    private static List<String> files(Path run) throws IOException {
        List<String> files = new ArrayList<>(RunFolders.files(run));
        assertTrue(files.removeAll(List.of("report.txt", "report.html")) || files.size() > 3, files.toString());
        return files;
    }

    /** Bits of a file, half of them in the header if it is safetensors. */
    private int[] bits(byte[] content, boolean tensors) {
        int header =
                (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
        int[] bits = new int[FLIPS];
        for (int i = 0; i < FLIPS; i++) {
            int end = tensors && i % 2 == 0 ? 8 + header : content.length;
            bits[i] = i == 0 ? random.nextInt(64) : random.nextInt(8 * end);
        }
        return bits;
    }

    private static void flip(Path file, int bit) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(file, content);
    }

    private static void assertOneLine(Cli cli, String what) {
        assertFalse(cli.err().contains("internal error"), what + ": " + cli.err());
        List<String> errors =
                cli.err().lines().filter(l -> l.startsWith("greg:")).toList();
        assertEquals(1, errors.size(), what + ": " + cli.err());
    }

    @Test
    void ofAFinishedRun() throws IOException {
        Path run = pruned("run", GROWING);
        List<String> evaluate = new ArrayList<>(List.of("evaluate", "--json", "--weights", run.toString()));
        evaluate.addAll(data().subList(0, 4)); // without the augmentation
        List<List<String>> commands = List.of(
                evaluate, List.of("report", "--json", run.toString()), List.of("prune", "--resume", run.toString()));
        List<Cli> undamaged =
                commands.stream().map(c -> Cli.run(c.toArray(new String[0]))).toList();
        undamaged.forEach(cli -> assertEquals(0, cli.code(), cli.err()));
        int refused = 0;
        for (String name : files(run)) {
            byte[] good = Files.readAllBytes(run.resolve(name));
            for (int bit : bits(good, name.endsWith(".safetensors"))) {
                flip(run.resolve(name), bit);
                boolean seen = false;
                for (int c = 0; c < commands.size(); c++) {
                    String what = commands.get(c).get(0) + ", bit " + bit + " of " + name;
                    Cli cli = Cli.run(commands.get(c).toArray(new String[0]));
                    if (cli.code() == 0) {
                        assertEquals(undamaged.get(c).out(), cli.out(), what);
                        seen |= cli.err().contains(USED);
                    } else {
                        assertOneLine(cli, what);
                        seen = true;
                    }
                }
                // nobody needs the previous checkpoint of a run whose last one is good
                assertTrue(seen || name.equals(RunState.PREVIOUS), "bit " + bit + " of " + name + " was not seen");
                if (seen) refused++;
            }
            Files.write(run.resolve(name), good);
        }
        assertTrue(refused > 8 * FLIPS, "" + refused);
    }

    /** A run interrupted in its finetuning, and how it ends if it is not damaged. */
    private Path interrupted(String name, int steps) {
        Interrupts.pretend(steps);
        Path out = temp.resolve(name);
        Cli run = prune(out, GROWING);
        assertEquals(Failures.INTERRUPTED, run.code(), run.err());
        Interrupts.pretend(0);
        return out;
    }

    @Test
    void ofAnInterruptedRun() throws IOException {
        Path whole = pruned("whole", GROWING);
        Path run = interrupted("run", 9);
        assertTrue(Cli.run(
                        "prune",
                        "--resume",
                        RunFolders.copy(run, temp.resolve("probe")).toString())
                .err()
                .contains(" in its finetuning after iteration"));
        int used = 0;
        long counted = RunState.read(run.resolve(RunState.FILE)).state().metricsBytes();
        for (String name : files(run)) {
            byte[] good = Files.readAllBytes(run.resolve(name));
            boolean state = name.equals(RunState.FILE) || name.equals(RunState.PREVIOUS);
            int[] bits = bits(good, name.endsWith(".safetensors"));
            for (int i = 0; i < (state ? 3 : FLIPS); i++) {
                String what = "bit " + bits[i] + " of " + name;
                Path copy = RunFolders.copy(run, temp.resolve("flipped " + what));
                flip(copy.resolve(name), bits[i]);
                Cli cli = Cli.run("prune", "--resume", copy.toString());
                if (cli.code() != 0) {
                    assertOneLine(cli, what);
                    assertTrue(cli.err().contains(Path.of(name).getFileName().toString()), what + ": " + cli.err());
                    assertFalse(cli.err().contains(" in its "), what + ": not before the run went on, " + cli.err());
                    continue;
                }
                // records after the checkpoint are of steps that are taken again
                boolean repeated = name.equals("metrics.jsonl") && bits[i] >= 8 * counted;
                assertTrue(state || repeated, what + " was not seen");
                assertEquals(name.equals(RunState.FILE), cli.err().contains(USED), what + ": " + cli.err());
                if (cli.err().contains(USED)) used++;
                RunFolders.assertSame(whole, copy);
            }
        }
        assertEquals(3, used);
    }

    @Test
    void aRunThatWentBackHasAGoodLatestCheckpointAgain() throws IOException {
        Path run = interrupted("run", 9);
        flip(run.resolve(RunState.FILE), 8 * 5000);
        Interrupts.pretend(1);
        Cli back = Cli.run("prune", "--resume", run.toString());
        assertEquals(Failures.INTERRUPTED, back.code(), back.err());
        assertTrue(back.err().contains(USED), back.err());
        // the damaged one is not the previous one now
        RunState.read(run.resolve(RunState.FILE));
        RunState.read(run.resolve(RunState.PREVIOUS));
    }

    @Test
    void aMissingCheckpointIsNoFreshStart() throws IOException {
        Path whole = pruned("whole", GROWING);
        Path run = interrupted("run", 9);
        Path latest = run.resolve(RunState.FILE);
        Files.delete(latest);
        Path withPrevious = RunFolders.copy(run, temp.resolve("previous"));
        Cli previous = Cli.run("prune", "--resume", withPrevious.toString());
        assertEquals(0, previous.code(), previous.err());
        assertTrue(previous.err().contains(USED) && previous.err().contains("there is no such file"), previous.err());
        RunFolders.assertSame(whole, withPrevious);
        Files.delete(run.resolve(RunState.PREVIOUS));
        for (String name : List.of("plan.json", "checkpoint/base.safetensors", "metrics.jsonl")) {
            Cli none = Cli.run("prune", "--resume", run.toString());
            assertEquals(1, none.code(), none.err());
            assertOneLine(none, name);
            assertTrue(none.err().contains("state.safetensors is missing, though there is a "), none.err());
            Files.delete(run.resolve(name));
        }
    }

    @Test
    void missingFilesAreNamedBeforeTheRunGoesOn() throws IOException {
        Path run = interrupted("run", 9);
        for (String name : List.of("plan.json", "checkpoint/base.safetensors", "metrics.jsonl")) {
            Path copy =
                    RunFolders.copy(run, temp.resolve("without " + Path.of(name).getFileName()));
            Files.delete(copy.resolve(name));
            Cli cli = Cli.run("prune", "--resume", copy.toString());
            assertEquals(1, cli.code(), cli.err());
            assertTrue(cli.err().contains(name), cli.err());
            assertFalse(cli.err().contains(" in its "), cli.err());
        }
    }
}
