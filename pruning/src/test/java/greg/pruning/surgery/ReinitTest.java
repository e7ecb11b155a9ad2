package greg.pruning.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.init.Initializer;
import greg.nn.model.Networks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReinitTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "5,5", "8,27", "27,8", "64,64", "40,300"})
    void allSingularValuesAreOne(int rows, int columns) {
        float[] values = OrthogonalInit.matrix(rows, columns, 3);
        double[][] matrix = new double[rows][columns];
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) matrix[i][j] = values[i * columns + j];
        double[] singular = new SingularValueDecomposition(new Array2DRowRealMatrix(matrix)).getSingularValues();
        assertEquals(Math.min(rows, columns), singular.length);
        for (double s : singular) assertEquals(1, s, 1e-6);
    }

    @Test
    void theSeedDecidesAndSignsAreNotTheLibrarysConvention() {
        assertArrayEquals(OrthogonalInit.matrix(4, 9, 1), OrthogonalInit.matrix(4, 9, 1));
        int positive = 0;
        for (int seed = 0; seed < 200; seed++) if (OrthogonalInit.matrix(1, 1, seed)[0] > 0) positive++;
        assertTrue(positive > 70 && positive < 130, positive + " of 200 are +1");
        assertThrows(IllegalArgumentException.class, () -> OrthogonalInit.matrix(0, 3, 1));
    }

    @Test
    void masksSurviveAndNothingElseDoes() {
        for (Reinit how : Reinit.values()) {
            try (NnModule net = Networks.create("lenet5", backend, 1, 28, 10)) {
                StateDict before = filled(net, 0.25f);
                before.put("mask.conv2.weight", before.get("conv2.weight").shape(), firstZero(before));
                PruningPlan.read(before, Map.of()).apply(net);
                how.apply(net, Networks.info("lenet5").scheme(), 5);
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
    @CsvSource({"lenet5,1,28", "resnet8,3,32", "vgg11,3,32"})
    void newWeightsAreNotTheOnesThatABaseNetworkOfTheSeedBeganWith(String arch, int planes, int size) {
        for (Reinit how : List.of(Reinit.DEFAULT, Reinit.ORTH)) {
            for (long seed : new long[] {0, 1, 7, -1}) {
                try (NnModule base = Networks.create(arch, backend, planes, size, 10);
                        NnModule net = Networks.create(arch, backend, planes, size, 10);
                        NnModule again = Networks.create(arch, backend, planes, size, 10)) {
                    Initializer.initialize(base, Networks.info(arch).scheme(), seed);
                    how.apply(net, Networks.info(arch).scheme(), seed);
                    filled(again, 0.5f);
                    how.apply(again, Networks.info(arch).scheme(), seed);
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
