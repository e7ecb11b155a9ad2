package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.DataSplit;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.spec.GroupIndex;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.layer.Dropout;
import greg.nn.layer.Sequential;
import greg.nn.model.Mlp;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.ReplayedTraining.Change;
import greg.nn.train.ReplayedTraining.Trained;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Training that replays its steps and training that issues kernel by kernel have the same losses, scores and weights, to the bit,
 * whatever happens between two steps. Epochs have batches of 4, 4 and 2 images: the first that is replayed is step 3.
 */
class StepReplayTest {
    private static final ImageShape IMAGE = new ImageShape(3, 4, 4, 3);
    private static final DataSplit DATA = Synthetic.split(10, 4, IMAGE, 1);
    private static final int EPOCHS = 5;
    /** Full batches but the first two. */
    private static final int REPLAYS = 2 * EPOCHS - 2;

    private static final String WEIGHT = "1.fc1.weight";
    private static final String LAST = "1.fc2.weight";
    private static final GroupIndex LAST_GROUPS = new GroupIndex(3, 100);
    private static final int WEIGHTS = 100 * 48;

    private static final ReplayedTraining TRAINING =
            new ReplayedTraining(DATA, EPOCHS, StepReplayTest::network, LAST, LAST_GROUPS);

    private static NnModule network(Backend backend) {
        NnModule net = new Sequential(backend, new Dropout(backend, 0.2f), new Mlp(backend, 2, true, 3, 4, 3));
        Initializer.initialize(net, 1);
        return net;
    }

    private static TrainData bytes() {
        return TrainData.of(DATA.train(), 4).augment(Augmentation.CROP).seed(3);
    }

    private static Trained check(OptimizerKind kind, TrainData data, Change change) {
        return TRAINING.check(BackendsUnderTest.open("cuda"), kind, data, change);
    }

    private static void assertCounts(int recorded, int replayed, Trained trained) {
        assertEquals(
                List.of(recorded, replayed), List.of(trained.recorded(), trained.replayed()), "recorded, replayed");
    }

    /** Learning rates that change, evaluation after each epoch, smaller last batches. */
    @ParameterizedTest
    @EnumSource
    void replaysAreTheSteps(OptimizerKind kind) {
        assertCounts(1, REPLAYS, check(kind, bytes(), (loop, penalties) -> {}));
    }

    /** Floats in arrays, and batches of the caller's. */
    @Test
    void fromEveryKindOfData() {
        float[] images = new float[10 * 48];
        Random random = new Random(2);
        for (int i = 0; i < images.length; i++) images[i] = (float) random.nextGaussian();
        int[] labels = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0};
        TrainData arrays = TrainData.of(images, Shape.of(1, 3, 4, 4), labels, 4);
        assertCounts(1, REPLAYS, check(OptimizerKind.SGD, arrays, (loop, penalties) -> {}));
        TrainData iterated = TrainData.of(3, epoch -> {
            List<HostBatch> batches = new ArrayList<>();
            for (int from = 0; from < 10; from += 4) {
                int to = Math.min(10, from + 4);
                batches.add(new HostBatch(
                        Arrays.copyOfRange(images, from * 48, to * 48),
                        Shape.of(to - from, 3, 4, 4),
                        Arrays.copyOfRange(labels, from, to)));
            }
            return batches.iterator();
        });
        assertCounts(1, REPLAYS, check(OptimizerKind.SGD, iterated, (loop, penalties) -> {}));
    }

    /** lambda lives in device memory: raising it changes nothing of the recording. */
    @ParameterizedTest
    @EnumSource
    void aPenaltyGrows(OptimizerKind kind) {
        Trained trained = check(kind, bytes(), (loop, penalties) -> {
            float i = loop.iteration();
            penalties.lambda(Map.of(LAST, new float[] {0.01f * i, 0, 0.1f * i}));
        });
        assertCounts(1, REPLAYS, trained);
    }

    /** Steps 7 and 9 are full batches issued by calls again. */
    @ParameterizedTest
    @EnumSource
    void aPenaltyAppears(OptimizerKind kind) {
        Trained trained = check(kind, bytes(), (loop, penalties) -> {
            if (loop.iteration() == 7) {
                loop.optimizer()
                        .penalize(Map.of(LAST, LAST_GROUPS, WEIGHT, new GroupIndex(100, 48)))
                        .lambda(Map.of(WEIGHT, lambda(100)));
            }
        });
        assertCounts(2, REPLAYS - 2, trained);
    }

    private static float[] lambda(int groups) {
        float[] lambda = new float[groups];
        for (int i = 0; i < groups; i++) lambda[i] = 0.01f * i;
        return lambda;
    }

    @ParameterizedTest
    @EnumSource
    void aMaskIsSetAndReplaced(OptimizerKind kind) {
        Trained trained = check(kind, bytes(), (loop, penalties) -> {
            if (loop.iteration() == 4 || loop.iteration() == 10) {
                loop.network().parameters().get(WEIGHT).mask(mask((int) loop.iteration()));
            }
        });
        float[] weights = trained.network().get(WEIGHT).values();
        float[] mask = mask(10);
        int zeros = 0;
        for (int i = 0; i < WEIGHTS; i++) {
            assertTrue(mask[i] != 0 || weights[i] == 0, "masked element " + i);
            if (weights[i] == 0) zeros++;
        }
        assertTrue(zeros < WEIGHTS / 8, "elements of the first mask move again");
        assertEquals(3, trained.recorded());
    }

    private static float[] mask(int seed) {
        Random random = new Random(seed);
        float[] keep = new float[WEIGHTS];
        for (int i = 0; i < WEIGHTS; i++) keep[i] = random.nextInt(10) == 0 ? 0 : 1;
        return keep;
    }

    @Test
    void weightsAreWrittenByTheHost() {
        Trained trained = check(OptimizerKind.SGD, bytes(), (loop, penalties) -> {
            if (loop.iteration() != 7) return;
            loop.network().parameters().get("1.fc2.bias").tensor().set(1, 2, 3);
        });
        assertCounts(1, REPLAYS, trained);
    }

    /** What a recording holds is given back: all that stays of a training is what the first has left. */
    @Test
    void recordingsAreFreed() {
        long[] live = new long[3];
        for (int i = 0; i < live.length; i++) {
            Backend backend = BackendsUnderTest.open("cuda");
            TRAINING.run(backend, true, OptimizerKind.SGD, bytes(), (loop, penalties) -> {});
            live[i] = backend.memory().liveBytes();
        }
        assertEquals(live[1], live[2], 1 << 14, "live bytes but for a table");
    }

    @Test
    void aPartOfTheNetworkChangesItsMode() {
        Trained trained = check(OptimizerKind.SGD, bytes(), (loop, penalties) -> {
            Dropout dropout = (Dropout) loop.network().children().get("0");
            boolean training = loop.iteration() % 12 < 6;
            if (dropout.isTraining() != training) dropout.train(training);
        });
        assertTrue(trained.recorded() >= 2, "recorded: " + trained.recorded());
    }

    /** As when training is taken back to an earlier state: the numbers of Adam's step and of dropout's mask jump. */
    @ParameterizedTest
    @EnumSource
    void numbersJump(OptimizerKind kind) {
        Trained trained = check(kind, bytes(), (loop, penalties) -> {
            if (loop.iteration() != 7) return;
            loop.optimizer().stepCount(100);
            loop.network().visit((path, module) -> {
                if (module instanceof Dropout layer) layer.step(100);
            });
        });
        assertCounts(1, REPLAYS, trained);
        trained = check(OptimizerKind.SGD, bytes(), (loop, penalties) -> {
            Dropout dropout = (Dropout) loop.network().children().get("0");
            if (loop.iteration() == 7) {
                long number = dropout.step();
                dropout.seed(5);
                dropout.step(number);
            }
            if (loop.iteration() == 10) dropout.step(3);
        });
        assertEquals(3, trained.recorded(), "a seed, and a number, that do not follow from what was recorded");
    }
}
