package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.nn.optim.Sgd;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** On a network with batch normalization, in training mode before and after. */
class LossGradientTest {
    private static final Shape IMAGE = Shape.of(1, 3, 8, 8);
    private static final int IMAGES = 4;

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private final TrainData data;

    LossGradientTest() {
        Random random = new Random(5);
        float[] pixels = new float[IMAGES * (int) IMAGE.size()];
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        data = TrainData.of(pixels, IMAGE, new int[] {0, 1, 2, 3}, IMAGES);
    }

    private NnModule network() {
        return Networks.createInitialized("resnet8", backend, 3, 8, 4, 1);
    }

    private LossGradient at(NnModule network) {
        try (InputSource source = data.open(backend, 0)) {
            return LossGradient.of(network, source);
        }
    }

    @Test
    void finiteDifferencesOfTheLossInEvaluationMode() {
        try (NnModule network = network()) {
            Map<String, float[]> gradients = at(network).gradients();
            assertEquals(network.parameters().keySet(), gradients.keySet());
            Random random = new Random(6);
            for (String name :
                    new String[] {"conv1.weight", "layer2.0.conv1.weight", "layer2.0.bn1.weight", "linear.bias"}) {
                Tensor weight = network.parameters().get(name).tensor();
                float[] values = weight.toHost();
                int i = random.nextInt(values.length);
                float step = 1e-3f; // small enough that hardly a ReLU switches
                double[] losses = new double[2];
                for (int side = 0; side < 2; side++) {
                    float[] moved = values.clone();
                    moved[i] += side == 0 ? -step : step;
                    weight.set(moved);
                    losses[side] = at(network).loss();
                }
                weight.set(values);
                double expected = (losses[1] - losses[0]) / (2 * step);
                assertEquals(expected, gradients.get(name)[i], 1e-3 + 0.02 * Math.abs(expected), name + " " + i);
            }
        }
    }

    @Test
    void nothingChangesAndTrainingIsNotDisturbed() {
        try (NnModule one = network();
                NnModule two = network();
                Sgd first = new Sgd(one, 0.9f, 0);
                Sgd second = new Sgd(two, 0.9f, 0)) {
            first.learningRate(0.1f);
            second.learningRate(0.1f);
            StateDict before = StateDict.of(one);
            at(one);
            assertTrue(one.isTraining());
            assertSame(before, StateDict.of(one));
            TrainHook looks = new TrainHook() {
                @Override
                public void beforeStep(TrainLoop loop) {
                    at(loop.network());
                }
            };
            new Trainer(one, first).hooks(looks).run(data, Position.START, 5);
            new Trainer(two, second).run(data, Position.START, 5);
            assertSame(StateDict.of(two), StateDict.of(one));
        }
    }

    private static void assertSame(StateDict expected, StateDict actual) {
        for (String name : expected.names()) {
            assertArrayEquals(expected.get(name).values(), actual.get(name).values(), name);
        }
    }
}
