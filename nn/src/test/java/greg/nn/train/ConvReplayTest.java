package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.DataSplit;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Precision;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.GroupIndex;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.ReplayedTraining.Trained;
import greg.tensor.Tensor;
import greg.tensor.op.GlobalAveragePoolOp;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Replays of convolutions and batch normalization: what a backend derives from weights, and the order in which it keeps them,
 * follow the replays and whatever the host does in between.
 */
class ConvReplayTest {
    private static final DataSplit DATA = Synthetic.split(10, 4, new ImageShape(3, 6, 6, 3), 1);
    private static final int EPOCHS = 5;
    private static final GroupIndex FILTERS = new GroupIndex(5, 5 * 9);

    /** conv, BN + ReLU, conv, BN + add + ReLU, average, linear; channel counts that need padding. */
    private static final class Net extends NnModule {
        private final Conv2d conv1;
        private final BatchNorm2d bn1;
        private final Conv2d conv2;
        private final BatchNorm2d bn2;
        private final Linear fc;

        Net(Backend backend) {
            super(backend);
            conv1 = child("conv1", new Conv2d(backend, 3, 5, 3, Conv2dOptions.DEFAULT.padding(1), false));
            bn1 = child("bn1", new BatchNorm2d(backend, 5));
            conv2 = child("conv2", new Conv2d(backend, 5, 5, 3, Conv2dOptions.DEFAULT.padding(1), false));
            bn2 = child("bn2", new BatchNorm2d(backend, 5));
            fc = child("fc", new Linear(backend, 5, 3, true));
            Initializer.initialize(this, 1);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = bn1.forwardRelu(conv1.forward(x));
            return fc.forward(GlobalAveragePoolOp.apply(bn2.forwardAddRelu(conv2.forward(y), y)));
        }
    }

    private static float[] values(int seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = 0.3f * (float) random.nextGaussian();
        return values;
    }

    private static float[] mask(int count) {
        float[] keep = new float[count];
        for (int i = 0; i < count; i++) keep[i] = i % 3 == 0 ? 0 : 1;
        return keep;
    }

    /** Weights from the host before steps 4 and 7, of which the first replays follow; a mask before 9, a penalty before 12. */
    private static void change(TrainLoop loop) {
        int i = (int) loop.iteration();
        NnModule net = loop.network();
        if (i == 4) net.parameters().get("conv1.weight").tensor().set(values(i, 135));
        if (i == 7) net.parameters().get("conv2.weight").tensor().set(values(i, 225));
        if (i == 9) net.parameters().get("conv2.weight").mask(mask(225));
        if (i == 12) {
            loop.optimizer()
                    .penalize(Map.of("conv2.weight", FILTERS, "conv1.weight", new GroupIndex(3, 9)))
                    .lambda(Map.of("conv1.weight", new float[] {0.1f, 0, 0.3f}));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void replaysAreTheSteps(Precision precision) {
        Backend backend = BackendsUnderTest.open(
                "cuda", BackendOptions.standard().precision(precision).deterministic(true));
        ReplayedTraining training = new ReplayedTraining(DATA, EPOCHS, Net::new, "conv2.weight", FILTERS);
        TrainData data =
                TrainData.of(DATA.train(), 4).augment(Augmentation.CROP).seed(3);
        Trained plain = training.check(backend, OptimizerKind.SGD, data, (loop, penalties) -> {});
        assertEquals(List.of(1, 2 * EPOCHS - 2), List.of(plain.recorded(), plain.replayed()));
        Trained changed = training.check(backend, OptimizerKind.SGD, data, (loop, penalties) -> change(loop));
        assertTrue(changed.recorded() == 2 || changed.recorded() == 3, "recorded: " + changed.recorded());
        float[] weights = changed.network().get("conv2.weight").values();
        for (int i = 0; i < weights.length; i += 3) assertEquals(0, Math.abs(weights[i]), "element " + i);
    }
}
