package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.random.SplitMix;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.init.OrthogonalInit;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.pruning.surgery.Reinit;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.Test;

class JacobianTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    /** y = W x, whose Jacobian is W. */
    private static final class OneLayer extends NnModule {
        private final Linear fc;

        OneLayer(Backend backend, int in, int out) {
            super(backend);
            fc = child("fc", new Linear(backend, in, out, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(FlattenOp.apply(x));
        }
    }

    private static float[] random(int n, long seed) {
        Random random = new Random(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) values[i] = (float) random.nextGaussian();
        return values;
    }

    @Test
    void ofALinearNetworkItIsTheWeight() {
        try (OneLayer net = new OneLayer(backend, 12, 5)) {
            float[] weight = random(60, 1);
            net.fc.weight().tensor().set(weight);
            double[][] rows = new double[5][12];
            for (int i = 0; i < 60; i++) rows[i / 12][i % 12] = weight[i];
            double[] expected = new SingularValueDecomposition(new Array2DRowRealMatrix(rows)).getSingularValues();
            Jacobian jacobian = Jacobian.of(net, Shape.of(3, 1, 3, 4), random(36, 2));
            assertEquals(3, jacobian.singularValues().size());
            for (double[] values : jacobian.singularValues()) assertArrayEquals(expected, values, 1e-5);
            double mean = Arrays.stream(expected).average().orElseThrow();
            double squares =
                    Arrays.stream(expected).map(v -> (v - mean) * (v - mean)).sum();
            Jacobian.Summary all = jacobian.summary();
            assertEquals(mean, all.mean(), 1e-5);
            assertEquals(Math.sqrt(squares / 5), all.std(), 1e-5, "of all 15 values, three times these five");
            assertEquals(expected[0], all.max(), 1e-5);
            assertEquals(expected[4], all.min(), 1e-5);
            assertEquals(expected[0] / expected[4], jacobian.meanCondition(), 1e-4);
            net.fc.weight().tensor().set(OrthogonalInit.matrix(5, 12, new SplitMix(0)));
            assertEquals(
                    "mean 1.0000, std 0.0000, max 1.0000, min 1.0000",
                    Jacobian.of(net, Shape.of(3, 1, 3, 4), random(36, 2))
                            .summary()
                            .toString());
        }
    }

    /** Central differences of the outputs with respect to each input, on the reference backend. */
    @Test
    void ofANetworkWithReluItIsTheDifferenceQuotient() {
        try (NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 4, 3)) {
            float[] image = random(28 * 28, 5);
            Jacobian jacobian = Jacobian.of(net, Shape.of(1, 1, 28, 28), image);
            assertTrue(net.isTraining(), "left as it was");
            net.eval();
            double[][] numeric = new double[4][28 * 28];
            float step = 1e-2f;
            for (int i = 0; i < image.length; i++) {
                float[] up = image.clone();
                float[] down = image.clone();
                up[i] += step;
                down[i] -= step;
                float[] a = forward(net, Shape.of(1, 1, 28, 28), up);
                float[] b = forward(net, Shape.of(1, 1, 28, 28), down);
                for (int o = 0; o < 4; o++) numeric[o][i] = (a[o] - b[o]) / (up[i] - down[i]);
            }
            double[] expected = new SingularValueDecomposition(new Array2DRowRealMatrix(numeric)).getSingularValues();
            double[] got = jacobian.singularValues().get(0);
            for (int i = 0; i < 4; i++) assertEquals(expected[i], got[i], 0.03 * expected[0]);
        }
    }

    private float[] forward(NnModule net, Shape shape, float[] image) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return net.forward(scope.own(Tensor.of(backend, shape, image))).toHost();
        }
    }

    /** A ResNet-8 whose running statistics and affine parameters do not come from the batch. */
    private static NnModule normalised(Backend device) {
        NnModule net = Networks.createInitialized("resnet8", device, 3, 32, 10, 0);
        Random random = new Random(4);
        StateDict state = StateDict.of(net);
        for (String name : state.names()) {
            float[] values = state.get(name).values();
            if (name.endsWith("running_var"))
                for (int i = 0; i < values.length; i++) values[i] = 1 + random.nextFloat();
            if (name.endsWith("running_mean") || name.contains("bn") && name.endsWith("bias")) {
                for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian() / 4;
            }
            state.put(name, state.get(name).shape(), values);
        }
        state.loadInto(net);
        return net;
    }

    /** Differences of the evaluated outputs along random directions against J times the direction. */
    @Test
    void withBatchNormItIsThatOfTheEvaluatedNetwork() {
        try (NnModule net = normalised(backend)) {
            Shape one = Shape.of(1, 3, 32, 32);
            float[] image = random(3072, 1);
            net.eval();
            double[][] jacobian = Jacobian.rows(net, one, image)[0];
            for (int d = 0; d < 3; d++) {
                float[] direction = random(3072, 10 + d);
                double step = 2e-4; // few ReLUs change sign within so small a step
                float[] up = image.clone();
                float[] down = image.clone();
                for (int i = 0; i < image.length; i++) {
                    up[i] += (float) (step * direction[i]);
                    down[i] -= (float) (step * direction[i]);
                }
                float[] above = forward(net, one, up);
                float[] below = forward(net, one, down);
                double largest = 0;
                double[] quotients = new double[10];
                for (int o = 0; o < 10; o++) {
                    quotients[o] = (above[o] - below[o]) / (2 * step);
                    largest = Math.max(largest, Math.abs(quotients[o]));
                }
                for (int o = 0; o < 10; o++) {
                    double product = 0;
                    for (int i = 0; i < image.length; i++) product += jacobian[o][i] * direction[i];
                    assertEquals(quotients[o], product, 0.02 * largest, "direction " + d + ", output " + o);
                }
            }
        }
    }

    @Test
    void withBatchNormItDoesNotDependOnTheOtherSamplesAndLeavesTheNetworkAsItWas() {
        Backend fast = Backends.open("auto", BackendOptions.standard());
        try (NnModule net = normalised(fast)) {
            net.train(true);
            StateDict before = StateDict.of(net);
            float[] two = random(2 * 3072, 1);
            Jacobian together = Jacobian.of(net, Shape.of(2, 3, 32, 32), two);
            for (int n = 0; n < 2; n++) {
                float[] sample = Arrays.copyOfRange(two, n * 3072, (n + 1) * 3072);
                double[] alone = Jacobian.of(net, Shape.of(1, 3, 32, 32), sample)
                        .singularValues()
                        .get(0);
                assertEquals(10, alone.length);
                assertTrue(alone[0] > 0);
                assertArrayEquals(alone, together.singularValues().get(n), 1e-4 * alone[0]);
            }
            StateDict after = StateDict.of(net);
            for (String name : before.names()) {
                assertArrayEquals(before.get(name).values(), after.get(name).values(), name);
            }
            assertTrue(net.isTraining());
        }
    }

    @Test
    void orthogonalKernelsBringItNearerToOne() {
        try (NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 3)) {
            Shape two = Shape.of(2, 1, 28, 28);
            double usual = Jacobian.of(net, two, random(2 * 784, 5)).summary().mean();
            Reinit.ORTH.apply(net, 0);
            double orthogonal =
                    Jacobian.of(net, two, random(2 * 784, 5)).summary().mean();
            assertTrue(Math.abs(1 - orthogonal) < Math.abs(1 - usual), usual + " -> " + orthogonal);
            assertThrows(
                    IllegalArgumentException.class, () -> Jacobian.of(net, Shape.of(1, 2, 28, 28), random(2 * 784, 5)));
        }
    }
}
