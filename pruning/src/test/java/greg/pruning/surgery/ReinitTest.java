package greg.pruning.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReinitTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @Test
    void masksSurviveAndNothingElseDoes() {
        for (Reinit how : Reinit.values()) {
            try (NnModule net = Networks.create("lenet5", backend, 1, 28, 10)) {
                StateDict before = filled(net, 0.25f);
                before.put("mask.conv2.weight", before.get("conv2.weight").shape(), firstZero(before));
                PruningPlan.read(before, Map.of()).apply(net);
                how.apply(net, 5);
                StateDict after = StateDict.of(net);
                boolean same = Arrays.equals(
                        before.get("conv1.weight").values(),
                        after.get("conv1.weight").values());
                assertEquals(how == Reinit.NONE, same, how.toString());
                if (how == Reinit.NONE) continue;
                float[] weights = after.get("conv2.weight").values();
                assertEquals(0, weights[0], how.toString());
                for (int i = 1; i < weights.length; i++) assertFalse(weights[i] == 0, how + " " + i);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"lenet5,1,28", "resnet8,3,32"})
    void newWeightsAreNotTheOnesThatABaseNetworkOfTheSeedBeganWith(String arch, int planes, int size) {
        for (Reinit how : List.of(Reinit.DEFAULT, Reinit.ORTH)) {
            for (long seed : new long[] {0, 1, 7, -1}) {
                try (NnModule base = Networks.create(arch, backend, planes, size, 10);
                        NnModule net = Networks.create(arch, backend, planes, size, 10);
                        NnModule again = Networks.create(arch, backend, planes, size, 10)) {
                    Initializer.initialize(base, seed);
                    how.apply(net, seed);
                    filled(again, 0.5f);
                    how.apply(again, seed);
                    StateDict first = StateDict.of(base);
                    StateDict fresh = StateDict.of(net);
                    StateDict repeated = StateDict.of(again);
                    for (String name : first.names()) {
                        String at = arch + " " + how + " seed " + seed + " " + name;
                        float[] values = fresh.get(name).values();
                        assertArrayEquals(values, repeated.get(name).values(), at);
                        if (first.get(name).shape().rank() < 2) continue;
                        int equal = 0;
                        float[] old = first.get(name).values();
                        for (int i = 0; i < values.length; i++) if (values[i] == old[i]) equal++;
                        assertTrue(equal <= values.length / 100, at + ": " + equal + " of " + values.length + " equal");
                    }
                }
            }
        }
    }

    private static StateDict filled(NnModule net, float value) {
        net.parameters().values().forEach(p -> {
            float[] values = new float[(int) p.tensor().shape().size()];
            Arrays.fill(values, value);
            p.tensor().set(values);
        });
        return StateDict.of(net);
    }

    private static float[] firstZero(StateDict state) {
        float[] mask = new float[state.get("conv2.weight").values().length];
        Arrays.fill(mask, 1);
        mask[0] = 0;
        return mask;
    }
}
