package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Module;
import greg.nn.StateDict;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.pruning.Masks;
import greg.pruning.OrthogonalInit;
import greg.pruning.Reinit;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.Test;

class JacobianTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    /** y = W x, whose Jacobian is W. */
    private static final class OneLayer extends Module {
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
            assertEquals(0, jacobian.mean().std(), 1e-7);
            assertEquals(expected[0] / expected[4], jacobian.meanCondition(), 1e-4);
            net.fc.weight().tensor().set(OrthogonalInit.matrix(5, 12, 0));
            assertEquals(
                    "1.00 ± 0.00",
                    Jacobian.of(net, Shape.of(3, 1, 3, 4), random(36, 2)).mean().toString());
        }
    }

    /** Central differences of the outputs with respect to each input, on the reference backend. */
    @Test
    void ofANetworkWithReluItIsTheDifferenceQuotient() {
        try (Module net = Networks.createInitialized("lenet5", backend, 1, 28, 4, 3)) {
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
                float[] a = forward(net, up);
                float[] b = forward(net, down);
                for (int o = 0; o < 4; o++) numeric[o][i] = (a[o] - b[o]) / (up[i] - down[i]);
            }
            double[] expected = new SingularValueDecomposition(new Array2DRowRealMatrix(numeric)).getSingularValues();
            double[] got = jacobian.singularValues().get(0);
            for (int i = 0; i < 4; i++) assertEquals(expected[i], got[i], 0.03 * expected[0]);
        }
    }

    private float[] forward(Module net, float[] image) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return net.forward(scope.own(Tensor.of(backend, Shape.of(1, 1, 28, 28), image)))
                    .toHost();
        }
    }

    @Test
    void batchNormIsTakenWithTheBatchAndLeftAsItWas() {
        Backend fast = Backends.open("auto", BackendOptions.standard());
        try (Module net = Networks.createInitialized("resnet8", fast, 3, 32, 10, 0)) {
            net.eval();
            StateDict before = StateDict.of(net);
            Jacobian jacobian = Jacobian.of(net, Shape.of(2, 3, 32, 32), random(2 * 3072, 1));
            assertEquals(10, jacobian.singularValues().get(1).length);
            assertTrue(jacobian.mean().mean() > 0);
            StateDict after = StateDict.of(net);
            for (String name : before.names()) {
                assertArrayEquals(before.get(name).values(), after.get(name).values(), name);
            }
            assertFalse(net.isTraining());
        }
    }

    @Test
    void orthogonalKernelsBringItNearerToOne() {
        try (Module net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 3)) {
            Shape two = Shape.of(2, 1, 28, 28);
            double usual = Jacobian.of(net, two, random(2 * 784, 5)).mean().mean();
            Reinit.ORTH.apply(net, Networks.info("lenet5").scheme(), Masks.NONE, 0);
            double orthogonal = Jacobian.of(net, two, random(2 * 784, 5)).mean().mean();
            assertTrue(Math.abs(1 - orthogonal) < Math.abs(1 - usual), usual + " -> " + orthogonal);
            assertThrows(
                    IllegalArgumentException.class, () -> Jacobian.of(net, Shape.of(1, 2, 28, 28), random(2 * 784, 5)));
        }
    }
}
