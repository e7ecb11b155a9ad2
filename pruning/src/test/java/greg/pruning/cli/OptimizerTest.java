package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.nn.StateDict;
import greg.nn.io.Checkpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The optimizer of finetuning: Adam for LeNets as in the reference implementation, unless {@code --optimizer} says so. */
class OptimizerTest {
    private static final float LR = 0.001f;

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.mnist(data.resolve("mnist"));
        TinyData.cifar10(data.resolve("cifar"));
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    private static String[] args(Path out, String arch, String... more) {
        boolean lenet = arch.equals("lenet5");
        List<String> args =
                new ArrayList<>(List.of("prune", "--arch", arch, "--method", "L1", "--out", out.toString()));
        args.addAll(List.of("--dataset", lenet ? "mnist" : "cifar10", "--device", ResumeTest.DEVICE));
        args.addAll(List.of("--data", data.resolve(lenet ? "mnist" : "cifar").toString(), "--threads", "1"));
        args.addAll(List.of("--stage-pr", lenet ? "[0:0.5,1:0.5]" : "0.5", "--base-epochs", "1", "--base-lr", "0.01"));
        args.addAll(List.of("--lr-ft", Float.toString(LR), "--batch-size", "8"));
        args.addAll(List.of(more));
        return args.toArray(new String[0]);
    }

    private Path run(String name, String arch, String... more) {
        Path out = temp.resolve(name);
        Cli result = Cli.run(args(out, arch, more));
        assertEquals(0, result.code(), result.err());
        return out;
    }

    private static JsonNode settings(Path run) throws Exception {
        return new ObjectMapper().readTree(run.resolve("config.json").toFile()).get("pruning");
    }

    private static StateDict pruned(Path run) {
        return Checkpoints.load(run.resolve("pruned.safetensors")).state();
    }

    /** Adam's first step is lr g / (|g| + eps'): lr wherever g is not tiny, 0 where it is 0 (at dead ReLUs). */
    @Test
    void aLenetsFirstStepIsAdams() throws Exception {
        StateDict before = pruned(run("before", "lenet5", "--max-iterations", "1", "--no-finetune"));
        Path adam = run("adam", "lenet5", "--max-iterations", "1", "--epochs", "1");
        StateDict after = pruned(adam);
        int full = 0;
        int moved = 0;
        for (String name : before.names()) {
            float[] a = before.get(name).values();
            float[] b = after.get(name).values();
            assertEquals(a.length, b.length, name);
            for (int i = 0; i < a.length; i++) {
                float step = Math.abs(b[i] - a[i]);
                assertTrue(step <= 1.001f * LR, name + " " + step);
                if (step > 0) moved++;
                if (step >= 0.99f * LR) full++;
            }
        }
        assertTrue(full > 10_000 && full > 0.99 * moved, full + " of " + moved);
        assertEquals("adam", settings(adam).get("finetune").get("optimizer").asText());
        assertEquals(0, settings(adam).get("finetune").get("weight_decay").asDouble());
        assertTrue(settings(adam).get("finetune").get("momentum").isNull());
        assertEquals("sgd", settings(adam).get("base").get("optimizer").asText());
        assertEquals(5e-4, settings(adam).get("base").get("weight_decay").asDouble());

        Path sgd = run("sgd", "lenet5", "--max-iterations", "1", "--epochs", "1", "--optimizer", "sgd");
        assertEquals("sgd", settings(sgd).get("finetune").get("optimizer").asText());
        assertEquals(5e-4, settings(sgd).get("finetune").get("weight_decay").asDouble());
        float[] other = pruned(sgd).get("fc1.weight").values();
        assertFalse(java.util.Arrays.equals(after.get("fc1.weight").values(), other));
    }

    @Test
    void otherNetworksAreFinetunedBySgdUnlessAskedAndUnknownNamesAreRefused() throws Exception {
        String[] short1 = {"--max-iterations", "1", "--epochs", "1"};
        Path usual = run("usual", "resnet8", short1);
        assertEquals("sgd", settings(usual).get("finetune").get("optimizer").asText());
        Path asked = run("asked", "resnet8", "--max-iterations", "1", "--epochs", "1", "--optimizer", "adam");
        assertEquals("adam", settings(asked).get("finetune").get("optimizer").asText());
        Cli unknown = Cli.run(args(temp.resolve("no"), "lenet5", "--optimizer", "Adam"));
        assertEquals(2, unknown.code(), unknown.err());
        assertTrue(unknown.err().contains("--optimizer: expected one of sgd, adam, got 'Adam'"), unknown.err());
    }

    /** Both moments and the number of steps are in the checkpoint: the bias correction depends on it. */
    @Test
    void anInterruptedFinetuningByAdamGoesOnToTheBit() throws Exception {
        Path whole = run("whole", "lenet5", "--epochs", "2", "--one-shot");
        Path broken = temp.resolve("broken");
        Interrupts.pretend(1);
        Cli part = Cli.run(args(broken, "lenet5", "--epochs", "2", "--one-shot"));
        while (part.code() == Failures.INTERRUPTED) {
            Interrupts.pretend(1);
            part = Cli.run("prune", "--resume", broken.toString());
        }
        assertEquals(0, part.code(), part.err());
        RunFolders.assertSame(whole, broken);
        assertArrayEquals(
                pruned(whole).get("conv1.weight").values(),
                pruned(broken).get("conv1.weight").values());
    }
}
