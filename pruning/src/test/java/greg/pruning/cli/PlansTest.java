package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run on a GPU keeps which of cuDNN's kernels it has chosen by measuring, and a resumed run chooses the same. */
class PlansTest {
    @TempDir
    Path temp;

    private Path out;
    private Path plans;

    @BeforeEach
    void onlyAGpuChooses() {
        Assumptions.assumeTrue(ResumeTest.DEVICE.equals("cuda"), "the tests run on " + ResumeTest.DEVICE);
        out = temp.resolve("run");
        plans = out.resolve("checkpoint").resolve("plans.txt");
        Interrupts.pretend(2);
        List<String> args = new ArrayList<>(List.of("train", "--arch", "lenet5", "--dataset", "synthetic"));
        args.addAll(List.of("--batch-size", "8", "--max-iterations", "4", "--device", "cuda", "--out", out.toString()));
        Cli first = Cli.run(args.toArray(new String[0]));
        assertEquals(Failures.INTERRUPTED, first.code(), first.err());
    }

    private Cli resumed() {
        Interrupts.pretend(0);
        Cli run = Cli.run("train", "--resume", out.toString());
        assertEquals(0, run.code(), run.err());
        return run;
    }

    @Test
    void theChoicesAreMadeAgain() throws IOException {
        List<String> before = Files.readAllLines(plans);
        assertTrue(before.size() > 2 && before.get(1).contains(" -> engine "), before.toString());
        Cli run = resumed();
        assertFalse(run.err().contains("warning"), run.err());
        assertTrue(Files.readAllLines(plans).containsAll(before), "the resumed run has other plans than " + before);
    }

    @Test
    void aChoiceThatIsNotThereIsSaid() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(plans));
        lines.replaceAll(line -> line.replaceAll("-> engine .*", "-> engine 9999"));
        Files.write(plans, lines);
        Cli run = resumed();
        assertTrue(run.err().contains("warning: the saved plan of forward"), run.err());
        assertFalse(Files.readString(plans).contains("9999"), "measured again and saved");
    }

    @Test
    void choicesOfAnotherLibraryAreMeasuredAgain() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(plans));
        lines.set(0, "plans of cuDNN 9.1.0 on another GPU");
        Files.write(plans, lines);
        assertTrue(resumed().err().contains("results may differ in the last bits"));
    }
}
