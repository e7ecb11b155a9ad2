package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import greg.nn.onnx.DeployedNetwork;
import greg.pruning.run.NetworkSpec;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code greg export}. */
class ExportCommandTest extends LenetRuns {
    private static final int IMAGES = 3;
    private static final int PIXELS = 28 * 28;

    /** What every exported file of these runs says. */
    private static final Map<String, String> METADATA =
            Map.of("architecture", "lenet5", "producer", "greg", "dataset", "mnist", "mean", "0.1307", "std", "0.3081");

    private static float[] images() {
        Random random = new Random(5);
        float[] images = new float[IMAGES * PIXELS];
        for (int i = 0; i < images.length; i++) images[i] = (float) random.nextGaussian();
        return images;
    }

    private static float[] logits(Checkpoint checkpoint) {
        try (Backend backend = Backends.open("reference");
                NnModule network = NetworkSpec.stored(checkpoint).load(backend, checkpoint);
                NnModule.Evaluation evaluation = network.evaluating();
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return network.call(scope.own(Tensor.of(backend, Shape.of(IMAGES, 1, 28, 28), images())))
                    .toHost();
        }
    }

    private static Cli export(Object... words) {
        List<String> args = new ArrayList<>(List.of("export"));
        for (Object word : words) args.add(word.toString());
        return Cli.run(args.toArray(new String[0]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"filter", "weight"})
    void aPrunedRunAnswersInOnnxRuntimeAsItDoesHere(String wg) throws Exception {
        Path run = pruned("run", "--wg", wg, "--stage-pr", RATIOS, "--method", "L1");
        Path to = temp.resolve("model.onnx");
        Cli cli = export(run, "--to", to, "--fold-bn");
        assertEquals(0, cli.code(), cli.err());
        assertEquals(run.resolve("pruned.safetensors") + " as " + to, cli.out().strip());
        try (DeployedNetwork deployed = new DeployedNetwork(to)) {
            float[] expected = logits(Checkpoints.load(run.resolve("pruned.safetensors")));
            assertArrayEquals(expected, deployed.call(images(), IMAGES, 1, 28, 28), 1e-4f);
            assertEquals(METADATA, deployed.metadata());
        }
    }

    @Test
    void safetensorsHoldTheWeightsOfThePrunedNetworkAlone() {
        Path run = pruned("run", "--wg", "weight", "--stage-pr", RATIOS, "--method", "L1");
        Path to = temp.resolve("model.safetensors");
        assertEquals(0, export("--weights", run, "--to", to).code());
        Checkpoint plain = Checkpoints.load(to);
        StateDict ours = state(run);
        Checkpoint unpruned = Checkpoints.load(base.resolve("checkpoint/latest.safetensors"));
        assertEquals(unpruned.state().names(), plain.state().names());
        for (String name : plain.state().names()) {
            assertArrayEquals(ours.get(name).values(), plain.state().get(name).values(), name);
        }
        Map<String, String> metadata = new HashMap<>(METADATA);
        metadata.put("format", "pt");
        assertEquals(metadata, plain.metadata());
    }

    @Test
    void aFileOfAnotherProgramNeedsArchitectureAndImages() {
        Path plain = temp.resolve("plain.safetensors");
        assertEquals(0, export(base, "--to", plain).code());
        Path to = temp.resolve("again.onnx");
        refused("give --arch and --dataset", plain, "--to", to);
        refused("does not fit", plain, "--to", to, "--arch", "resnet20", "--dataset", "cifar10");
        assertEquals(
                0,
                export(plain, "--to", to, "--arch", "lenet5", "--dataset", "mnist")
                        .code());
        assertTrue(Files.exists(to));
    }

    @Test
    void nothingIsOverwrittenOrLeftByMistakes() throws Exception {
        Path to = temp.resolve("model.onnx");
        Files.writeString(to, "somebody's");
        refused("exists", base, "--to", to);
        assertEquals("somebody's", Files.readString(to));
        refused("leave one of them out", base, "--weights", base, "--to", to);
        refused("expected a run folder", "--to", to);
        refused("ends with .onnx or .safetensors", base, "--to", temp.resolve("model.pt"));
        refused("--fold-bn is for ONNX", base, "--fold-bn", "--to", temp.resolve("m.safetensors"));
        refused("--dataset: expected one of", base, "--dataset", "cifar", "--to", temp.resolve("m.onnx"));
        refused("Missing required option", base);
        Path own = base.resolve("checkpoint/best.safetensors");
        refused("is the file that is exported", base, "--to", own, "--force");
        assertEquals(0, export(base, "--to", to, "--force", "--allow-nonfinite").code());
        try (DeployedNetwork deployed = new DeployedNetwork(to)) {
            assertEquals(IMAGES * 10, deployed.call(images(), IMAGES, 1, 28, 28).length);
        }
        assertFalse(Files.exists(temp.resolve("m.onnx")));
    }

    private static void refused(String why, Object... words) {
        Cli cli = export(words);
        assertEquals(2, cli.code(), cli.err());
        assertTrue(cli.err().contains(why), cli.err());
        assertEquals(
                1, cli.err().lines().filter(line -> line.startsWith("greg:")).count(), cli.err());
    }
}
