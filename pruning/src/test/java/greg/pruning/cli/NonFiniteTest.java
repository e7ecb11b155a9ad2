package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import greg.nn.io.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Weights that no network can compute with are refused by every command that reads weights, unless one asks for them. */
class NonFiniteTest extends LenetRuns {
    private Path file;

    @BeforeEach
    void weights() {
        file = temp.resolve("nan.safetensors");
        Checkpoint good = Checkpoints.load(base.resolve("checkpoint/latest.safetensors"));
        good.state().get("conv2.weight").values()[7] = Float.NaN;
        good.state().get("conv2.weight").values()[8] = Float.POSITIVE_INFINITY;
        Safetensors.write(file, good.state(), good.metadata());
    }

    private Cli run(String command, String... more) {
        List<String> args = new ArrayList<>(List.of(command, "--weights", file.toString()));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    private static String[] onMnist(String... more) {
        List<String> args = new ArrayList<>(data().subList(0, 4)); // without the augmentation
        args.addAll(List.of(more));
        return args.toArray(new String[0]);
    }

    private void refused(Cli cli) {
        assertEquals(1, cli.code(), cli.err());
        assertEquals(
                "greg: " + file
                        + ": no network can compute with its values in conv2.weight (2 of 2400 NaN or infinite);"
                        + " use another checkpoint, or look at this one with --allow-nonfinite",
                cli.err().strip());
    }

    @Test
    void everyCommandRefusesThem() {
        Path out = temp.resolve("run");
        refused(run("evaluate", onMnist()));
        refused(run("inspect"));
        refused(run("train", onMnist("--epochs", "1", "--out", out.toString())));
        refused(run("prune", onMnist("--stage-pr", RATIOS, "--out", out.toString())));
        assertFalse(Files.exists(out), "nothing is written");
    }

    @Test
    void whoWantsToLookMay() {
        Cli looked = run("evaluate", onMnist("--allow-nonfinite"));
        assertEquals(0, looked.code(), looked.err());
        assertTrue(looked.out().contains("top-1"), looked.out()); // ReLU of NaN may be 0: nothing else tells
        assertEquals(0, run("inspect", "--allow-nonfinite").code());
    }
}
