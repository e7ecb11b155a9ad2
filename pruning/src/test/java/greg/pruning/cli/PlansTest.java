package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import greg.pruning.run.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run on a GPU keeps which of cuDNN's kernels it has chosen by measuring, and a resumed run chooses the same. */
class PlansTest {
    @TempDir
    Path temp;

    private Path out;
    private Path state;

    @BeforeEach
    void onlyAGpuChooses() {
        Assumptions.assumeTrue(ResumeTest.DEVICE.equals("cuda"), "the tests run on " + ResumeTest.DEVICE);
        out = temp.resolve("run");
        state = out.resolve(RunState.FILE);
        Interrupts.pretend(2);
        List<String> args = new ArrayList<>(List.of("train", "--arch", "lenet5", "--dataset", "synthetic"));
        args.addAll(List.of("--batch-size", "8", "--max-iterations", "4", "--device", "cuda", "--out", out.toString()));
        Cli first = Cli.run(args.toArray(new String[0]));
        assertEquals(Failures.INTERRUPTED, first.code(), first.err());
    }

    private List<String> plans() {
        return RunState.read(state).state().plans();
    }

    /** Puts other plans into the checkpoint, as if they had been chosen. */
    private void choose(List<String> plans) throws IOException {
        Checkpoint checkpoint = Safetensors.read(state);
        Map<String, String> metadata = new HashMap<>(checkpoint.metadata());
        ObjectMapper json = new ObjectMapper();
        ObjectNode run = (ObjectNode) json.readTree(metadata.get("state"));
        run.set("plans", json.valueToTree(plans));
        metadata.put("state", run.toString());
        Safetensors.write(state, checkpoint.state(), metadata);
    }

    private Cli resumed() {
        Interrupts.pretend(0);
        Cli run = Cli.run("train", "--resume", out.toString());
        assertEquals(0, run.code(), run.err());
        return run;
    }

    @Test
    void theChoicesAreMadeAgain() throws IOException {
        List<String> before = plans();
        assertTrue(before.size() > 2 && before.get(1).contains(" -> engine "), before.toString());
        Cli run = resumed();
        assertFalse(run.err().contains("warning"), run.err());
        assertTrue(plans().containsAll(before), "the resumed run has other plans than " + before);
    }

    @Test
    void aChoiceThatIsNotThereIsSaid() throws IOException {
        List<String> lines = new ArrayList<>(plans());
        lines.replaceAll(line -> line.replaceAll("-> engine .*", "-> engine 9999"));
        choose(lines);
        Cli run = resumed();
        assertTrue(run.err().contains("warning: the saved plan of forward"), run.err());
        assertFalse(String.join(" ", plans()).contains("9999"), "measured again and saved");
    }

    @Test
    void choicesOfAnotherLibraryAreMeasuredAgain() throws IOException {
        List<String> lines = new ArrayList<>(plans());
        lines.set(0, "plans of cuDNN 9.1.0 on another GPU");
        choose(lines);
        assertTrue(resumed().err().contains("results may differ in the last bits"));
    }
}
