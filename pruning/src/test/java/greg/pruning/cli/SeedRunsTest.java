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

/** {@code --seeds}: several runs by one command, which does what is missing when it is started again. */
class SeedRunsTest {
    @TempDir
    Path temp;

    private Cli prune(int steps, String seeds, String... more) {
        List<String> command = new ArrayList<>(SmallRuns.command("prune", temp, temp.resolve("all"), "--seeds", seeds));
        command.addAll(List.of("--method", "GReg-1"));
        command.addAll(List.of(more));
        Interrupts.pretend(steps);
        try {
            return Cli.run(command.toArray(new String[0]));
        } finally {
            Interrupts.pretend(0);
        }
    }

    private Path seed(int seed) {
        return temp.resolve("all").resolve("seed" + seed);
    }

    private static double finetuned(Path run) throws Exception {
        return LenetRuns.JSON
                .readTree(run.resolve("report.json").toFile())
                .get("pruned")
                .get("after_finetuning")
                .get("top1")
                .asDouble();
    }

    @Test
    void aRunForEachSeedAndATableWithTheirSpread() throws Exception {
        Cli all = prune(0, "3,4");
        assertEquals(0, all.code(), all.err());
        double a = finetuned(seed(3));
        double b = finetuned(seed(4));
        String spread = String.format("%.2f ± %.2f", (a + b) / 2, Math.abs(a - b) / Math.sqrt(2));
        String table = Files.readString(temp.resolve("all/report.txt"));
        assertTrue(table.contains(spread), spread + " in " + table);
        assertTrue(all.out().endsWith(table), all.out());
        // each is the run that --seed alone gives
        Path alone = temp.resolve("alone");
        SmallRuns.run(SmallRuns.command("prune", temp, alone, "--method", "GReg-1", "--seed", "4"), 0);
        SmallRuns.assertSame(alone, seed(4));
    }

    @Test
    void startedAgainItDoesOnlyWhatIsMissing() throws Exception {
        Cli first = prune(0, "0");
        assertEquals(0, first.code(), first.err());
        FileTime done = Files.getLastModifiedTime(seed(0).resolve("report.json"));
        Cli stopped = prune(4, "0,1,2"); // in the base network of seed 1
        assertEquals(Failures.INTERRUPTED, stopped.code(), stopped.err());
        String remedy = "the same command again resumes it and does the runs that are missing";
        assertTrue(stopped.err().strip().endsWith(" (" + seed(1) + "); everything is saved, " + remedy), stopped.err());
        assertFalse(Files.exists(seed(1).resolve("report.json")));
        assertFalse(Files.exists(seed(2)));
        Cli rest = prune(0, "0,1,2", "--workers", "1"); // a flag that may change
        assertEquals(0, rest.code(), rest.err());
        assertTrue(rest.err().contains("seed0: finished already"), rest.err());
        assertEquals(done, Files.getLastModifiedTime(seed(0).resolve("report.json")));
        assertTrue(rest.out().lines().anyMatch(l -> l.matches("\\| mnist .*\\| GReg-1 +\\| 3 .*")), rest.out());
        Path alone = temp.resolve("alone");
        SmallRuns.run(SmallRuns.command("prune", temp, alone, "--method", "GReg-1", "--seed", "1"), 0);
        SmallRuns.assertSame(alone, seed(1));
    }

    @Test
    void aFlagThatIsSwitchedOffStaysOff() throws Exception {
        Cli one = prune(0, "0", "--no-finetune=false", "--max-iterations", "1");
        assertEquals(0, one.code(), one.err());
        assertTrue(finetuned(seed(0)) >= 0);
    }

    /** Without a flag that says so: the files in the same folder are others. */
    @Test
    void runsOnOtherImagesAreNotMixedIn() throws Exception {
        assertEquals(0, prune(0, "0").code());
        Path images = temp.resolve("mnist/t10k-images-idx3-ubyte");
        byte[] bytes = Files.readAllBytes(images);
        bytes[bytes.length - 1]++;
        Files.write(images, bytes);
        Cli other = prune(0, "1,0");
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("in " + seed(0) + " the test images are not the run's ("), other.err());
        assertFalse(Files.exists(seed(1)));
        bytes[bytes.length - 1]--;
        Files.write(images, bytes);
        assertEquals(0, prune(0, "0").code());
    }

    @Test
    void theFolderOfARunKeepsItsReport() throws Exception {
        Path config = Files.createDirectories(temp.resolve("all")).resolve("config.json");
        Files.writeString(config, "{}");
        Cli refused = prune(0, "0");
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("holds a run"), refused.err());
        assertFalse(Files.exists(temp.resolve("all/seed0")));
    }

    @Test
    void runsOfOtherFlagsAreNotMixedIn() {
        assertEquals(0, prune(0, "0").code());
        Cli other = prune(0, "0,1", "--lr-prune=0.5");
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("seed0 has none of these flags, this command --lr-prune=0.5;"), other.err());
        assertFalse(Files.exists(seed(1)));
    }
}
