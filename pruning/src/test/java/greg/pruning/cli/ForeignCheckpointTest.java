package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.StateDict;
import greg.nn.io.Checkpoints;
import greg.nn.io.Safetensors;
import greg.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Checkpoints of other programs. Those of the reference implementation and of PyTorch's ImageNet example have an entry "arch"
 * beside the weights.
 */
class ForeignCheckpointTest extends LenetRuns {
    private Path foreign(StateDict state, Map<String, String> metadata) {
        Path file = temp.resolve("foreign.safetensors");
        Safetensors.write(file, state, metadata);
        return file;
    }

    private static StateDict weights() {
        return Checkpoints.load(base.resolve("checkpoint/latest.safetensors")).state();
    }

    private static Cli evaluate(Path file, String... more) {
        List<String> args = new ArrayList<>(List.of("evaluate", "--json", "--weights", file.toString()));
        args.addAll(data().subList(0, 4));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    @Test
    void theArchitectureMayComeFromTheFile() {
        String expected =
                evaluate(base.resolve("checkpoint/latest.safetensors")).out();
        Path named = foreign(weights(), Map.of("arch", "lenet5", "epoch", "120"));
        assertEquals(expected, evaluate(named).out());
        assertEquals(expected, evaluate(named, "--arch", "lenet5").out());
        Path unknown = foreign(weights(), Map.of("arch", "lenet5_caffe"));
        assertEquals(expected, evaluate(unknown, "--arch", "lenet5").out());
        Cli cli = evaluate(unknown);
        assertEquals(2, cli.code());
        assertEquals(
                "greg: --arch is needed: " + unknown + " does not say its architecture",
                cli.err().strip());
    }

    @Test
    void allThatDoesNotFitIsSaidInOneLine() {
        StateDict state = new StateDict();
        weights().names().forEach(name -> {
            if (name.startsWith("conv3.")) return;
            StateDict.Entry entry = weights().get(name);
            boolean last = name.equals("fc2.bias");
            state.put(name, last ? Shape.of(100) : entry.shape(), last ? new float[100] : entry.values());
        });
        state.put("mask", Shape.of(1), 1);
        Path file = foreign(state, Map.of("arch", "lenet5"));
        Cli cli = evaluate(file);
        assertEquals(2, cli.code());
        assertEquals(
                "greg: " + file
                        + " does not fit --arch lenet5: 2 missing: conv3.weight, conv3.bias; 1 not expected: mask; 1"
                        + " of another shape: fc2.bias (expected (10), got (100)). Is this a checkpoint of another"
                        + " architecture?",
                cli.err().strip());
        assertTrue(cli.out().isEmpty());
    }
}
