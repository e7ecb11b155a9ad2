package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code greg sweep} with {@code --index} and {@code --status}, in this process, and what it refuses. */
class SweepCommandTest {
    @TempDir
    Path temp;

    private Path plan;

    private Cli sweep(String... more) {
        List<String> command = new ArrayList<>(List.of("sweep", plan.toString()));
        command.addAll(List.of(more));
        return Cli.run(command.toArray(new String[0]));
    }

    /** After this many steps the run is interrupted. */
    private Cli interrupted(int steps, String... more) {
        Interrupts.pretend(steps);
        try {
            return sweep(more);
        } finally {
            Interrupts.pretend(0);
        }
    }

    private Path run(String name) {
        return temp.resolve("all").resolve(name);
    }

    private String state(String name) {
        String table = sweep("--status").out();
        return table.lines()
                .filter(line -> line.contains("| " + name + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(table));
    }

    @Test
    void runsByIndexAreThoseOfTheirFlagsAndTheLastWritesTheReport() throws Exception {
        plan = SweepPlans.write(temp, "prune", "{method: [GReg-1, L1], seed: [3, 4]}");
        assertTrue(sweep("--status").out().contains("4 runs: 4 missing"));
        assertFalse(Files.exists(temp.resolve("all")), "made by --status");
        for (int i = 0; i < 3; i++) {
            Cli one = sweep("--index", "" + i);
            assertEquals(0, one.code(), one.err());
            assertFalse(Files.exists(temp.resolve("all/report.txt")), "report after " + i);
        }
        FileTime done = Files.getLastModifiedTime(run("method=GReg-1_seed=3").resolve("report.json"));
        Cli stopped = interrupted(4, "--index", "3");
        assertEquals(Failures.INTERRUPTED, stopped.code(), stopped.err());
        assertTrue(stopped.err().contains("everything is saved, the same command again resumes it"), stopped.err());
        assertTrue(state("method=L1_seed=4").matches(".*\\| broken off \\| base, epoch 1, .*"));
        assertTrue(sweep("--status").out().contains("4 runs: 1 broken off, 3 finished"));
        for (int i = 3; i >= 0; i--) assertEquals(0, sweep("--index", "" + i).code());
        assertEquals(done, Files.getLastModifiedTime(run("method=GReg-1_seed=3").resolve("report.json")));
        assertTrue(state("method=L1_seed=4").matches(".*\\| finished *\\| [\\d.]+ %, [\\d.]+x .*"));
        Path alone = temp.resolve("alone");
        SmallRuns.run(SmallRuns.command("prune", temp, alone, "--method", "L1", "--seed", "4"), 0);
        SmallRuns.assertSame(alone, run("method=L1_seed=4"));
        String report = Files.readString(temp.resolve("all/report.txt"));
        assertEquals(
                2,
                report.lines()
                        .filter(l -> l.matches(".*\\| (GReg-1|L1) +\\| 2 .*±.*"))
                        .count(),
                report);
        assertTrue(Files.readString(temp.resolve("all/report.html")).contains("GReg-1"));
        // with nothing left to do it starts no process, and writes the report again
        Files.delete(temp.resolve("all/report.txt"));
        Cli again = sweep("--jobs", "2");
        assertEquals(0, again.code(), again.err());
        assertTrue(again.err().contains("4 of 4 runs are finished"), again.err());
        assertEquals(report, Files.readString(temp.resolve("all/report.txt")));
    }

    @Test
    void aRunThatFailsSaysWhyUntilItIsStartedAgain() throws Exception {
        plan = SweepPlans.write(temp, "train", "{seed: [0]}");
        String images = Files.readString(plan);
        Cli failed = sweep("--index", "0", "--device", "cuda:7");
        assertEquals(1, failed.code(), failed.err());
        String reason = failed.err()
                .lines()
                .filter(l -> l.startsWith("greg: "))
                .findFirst()
                .orElseThrow();
        String state = state("seed=0");
        assertTrue(state.contains("| failed ") && state.contains(reason.substring("greg: ".length())), state);
        assertEquals(Failures.INTERRUPTED, interrupted(2, "--index", "0").code());
        assertTrue(state("seed=0").contains("| broken off "), state("seed=0"));
        assertEquals(0, sweep("--index", "0").code());
        assertTrue(state("seed=0").contains("| finished "), state("seed=0"));
        assertTrue(Files.readString(temp.resolve("all/report.txt")).contains("seed=0"));
        assertEquals(images, Files.readString(plan));
    }

    @Test
    void aFolderWithARunOfOtherSettingsIsRefusedBeforeAnyWork() throws Exception {
        plan = SweepPlans.write(temp, "train", "{seed: [0, 1]}");
        assertEquals(0, sweep("--index", "1").code());
        SweepPlans.write(temp, "train", "{seed: [0, 1]}", "--momentum", "0.5");
        for (List<String> how : List.of(List.of("--jobs", "1"), List.of("--index", "1"))) {
            Cli other = sweep(how.toArray(new String[0]));
            assertEquals(2, other.code(), other.err());
            assertTrue(
                    other.err().contains("seed=1 has none of these flags, this command --momentum=0.5;"), other.err());
        }
        assertFalse(Files.exists(run("seed=0")));
        SweepPlans.write(temp, "prune", "{seed: [0, 1]}");
        Cli other = sweep("--jobs", "1");
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("seed=1 is of 'greg train', this one of 'greg prune'"), other.err());
        assertFalse(Files.exists(run("seed=0")));
        // what may change on resuming is no part of the settings
        SweepPlans.write(temp, "train", "{seed: [0, 1]}", "--workers", "1");
        assertEquals(0, sweep("--index", "1").code());
    }

    @Test
    void mistakesAreFoundInAllRunsBeforeAnyBegins() throws Exception {
        plan = SweepPlans.write(temp, "prune", "{method: [L1, GReg-3]}");
        refused("plan.yaml:4: cross.method: --method: expected one of ", "(did you mean 'GReg-1'?)");
        plan = SweepPlans.write(temp, "prune", "{stag-pr: [0.5]}");
        refused("plan.yaml:4: cross.stag-pr: 'greg prune' has no flag of that name (did you mean 'stage-pr'?)");
        plan = SweepPlans.write(temp, "train", "{lr: ['0:0.1', 'x']}");
        refused("plan.yaml:4: cross.lr: is given twice, also by ", "plan.yaml:3: flags.lr");
        plan = SweepPlans.write(temp, "train", "{weights: [nowhere.safetensors]}");
        refused("plan.yaml: run 0, weights=nowhere.safetensors: read nowhere.safetensors");
        plan = SweepPlans.write(temp, "train", "{data: [%s, /nowhere]}".formatted(temp), "--seed", "1");
        refused("plan.yaml:4: cross.data: is given twice");
        plan = SweepPlans.write(temp, "train", "{seed: [0, x]}");
        refused("plan.yaml:4: cross.seed: Invalid value for option '--seed'");
        plan = SweepPlans.write(temp, "train", "{preset: [a]}");
        refused("plan.yaml:4: cross.preset: 'greg train' has no flag of that name");
        plan = SweepPlans.write(temp, "prune", "{preset: [list]}");
        refused("plan.yaml:4: cross.preset: --preset: unknown preset 'list'");
        plan = SweepPlans.write(temp, "prune", "{class-path: [x.jar]}");
        refused("plan.yaml:4: cross.class-path: a file names no code to load");
        plan = SweepPlans.write(temp, "prune", "{target_speedup: [2x]}");
        refused("plan.yaml:4: cross.target_speedup: each run would measure");
        plan = SweepPlans.write(temp, "train", "{resume: [x]}");
        refused("plan.yaml:4: cross.resume: a sweep gives each run a folder of its own");
        plan = SweepPlans.write(temp, "train", "{wd: [1e-4], weight-decay: [1e-4]}");
        refused("cross.weight-decay: is given twice, also by ", "cross.wd");
        plan = SweepPlans.write(temp, "train", "{skip-bad-images: [maybe]}");
        refused("cross.skip-bad-images: expected true or false, got 'maybe'");
        plan = SweepPlans.write(temp, "train", "{seed: [0, 1, 0]}");
        refused("plan.yaml: runs 0 and 2 are the same, seed=0");
    }

    @Test
    void missingImagesAreFoundBeforeAnyRunBegins() throws Exception {
        plan = SweepPlans.write(temp, "train", "{seed: [0, 1]}");
        Files.writeString(
                plan, Files.readString(plan).replace(temp.resolve("mnist").toString(), "/nowhere"));
        refused("/nowhere");
    }

    /** A finished run reads no images again; those of a table are the same all the same. */
    @Test
    void otherImagesAreRefusedBeforeAnyRunBegins() throws Exception {
        plan = SweepPlans.write(temp, "train", "{seed: [0, 1]}");
        assertEquals(0, sweep("--index", "0").code());
        try (var files = Files.list(temp.resolve("mnist"))) {
            for (Path file : files.filter(f -> f.toString().contains("images")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length - 1] ^= 1;
                Files.write(file, bytes);
            }
        }
        Cli other = sweep("--jobs", "1");
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("plan.yaml: in " + run("seed=0") + " the train"), other.err());
        assertFalse(Files.exists(run("seed=1")));
    }

    private void refused(String... parts) {
        Cli answer = sweep("--jobs", "1");
        assertEquals(2, answer.code(), answer.err());
        assertEquals(1, answer.err().lines().count(), answer.err());
        for (String part : parts) assertTrue(answer.err().contains(part), answer.err());
        assertFalse(Files.exists(temp.resolve("all")), answer.err());
    }
}
