package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.Batches;
import greg.datasets.DataSplit;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.CifarResNet;
import greg.nn.optim.Adam;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A loop that is stopped after any step and goes on with fresh objects ends with the same bits. */
class TrainerResumeTest {
    private static final DataSplit DATA = Synthetic.split(10, 4, new ImageShape(3, 8, 8, 4), 1);
    private static final int BATCH = 4;
    private static final int EPOCHS = 2;
    private static final int STEPS = 6;
    private static final String PENALISED = "layer1.0.conv1.weight";

    /** What a checkpoint would hold. */
    private record Kept(Position position, StateDict network, StateDict optimizer, long steps) {}

    private static Optimizer optimizer(NnModule net, boolean adam) {
        Optimizer optimizer = adam ? new Adam(net, AdamSpec.standard(1e-4)) : new Sgd(net, 0.9f, 5e-4f);
        optimizer.penalize(PENALISED, new GroupIndex(16, 16 * 9)).lambda().set(lambda());
        return optimizer;
    }

    private static float[] lambda() {
        float[] lambda = new float[16];
        for (int i = 0; i < lambda.length; i++) lambda[i] = 0.01f * i;
        return lambda;
    }

    /** Trains from {@code from} (null: from the start) for {@code most} steps; {@code scores} gets the epochs' scores. */
    private static Kept train(Backend backend, boolean adam, Kept from, int most, List<Score> scores) {
        try (NnModule net = new CifarResNet(backend, 8, 3, 4);
                Optimizer optimizer = optimizer(net, adam);
                Batches batches = new Batches(DATA.train(), BATCH, true, 3, false, 2)) {
            Initializer.initialize(net, 1);
            if (from != null) {
                from.network().loadInto(net);
                optimizer.load(from.optimizer());
                optimizer.stepCount(from.steps());
            }
            Feeder feeder =
                    Feeder.augmenting(backend, DATA.train(), DATA.train().normalization(), 5);
            Trainer[] trainer = new Trainer[1];
            Kept[] kept = new Kept[1];
            TrainHook hook = new TrainHook() {
                private int steps;

                @Override
                public void afterStep(long iteration) {
                    steps++;
                }

                @Override
                public void afterEpoch(int epoch, Score train) {
                    scores.add(train);
                    net.eval();
                }

                @Override
                public boolean stop() {
                    if (steps < most) return false;
                    kept[0] =
                            new Kept(trainer[0].position(), StateDict.of(net), optimizer.save(), optimizer.stepCount());
                    return true;
                }
            };
            trainer[0] = new Trainer(net, optimizer, batches, feeder, List.of(hook));
            trainer[0].run(from == null ? Position.START : from.position(), EPOCHS, LrSchedule.parse("0:0.05,1:0.01"));
            return kept[0];
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void everyStopGoesOnWithTheSameBits(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (boolean adam : new boolean[] {false, true}) {
            List<Score> scores = new ArrayList<>();
            Kept whole = train(backend, adam, null, STEPS, scores);
            assertEquals(EPOCHS, scores.size());
            for (int stop = 1; stop < STEPS; stop++) {
                List<Score> pieces = new ArrayList<>();
                Kept first = train(backend, adam, null, stop, pieces);
                Kept second = train(backend, adam, first, STEPS - stop, pieces);
                assertEquals(scores, pieces, "training scores, stopped after step " + stop);
                assertEquals(STEPS, second.position().iteration());
                same(whole.network(), second.network());
                same(whole.optimizer(), second.optimizer());
            }
        }
    }

    private static void same(StateDict expected, StateDict actual) {
        assertEquals(List.copyOf(expected.names()), List.copyOf(actual.names()));
        for (String name : expected.names()) {
            assertArrayEquals(expected.get(name).values(), actual.get(name).values(), 0, name);
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void stateOfOtherPenaltiesIsRefused(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (NnModule net = new CifarResNet(backend, 8, 3, 4);
                Optimizer penalised = optimizer(net, false);
                Optimizer plain = new Sgd(net, 0.9f, 5e-4f)) {
            StateDict saved = penalised.save();
            assertTrue(saved.contains("lambda." + PENALISED) && saved.contains("l1." + PENALISED));
            assertArrayEquals(lambda(), saved.get("lambda." + PENALISED).values());
            assertThrows(IllegalArgumentException.class, () -> plain.load(saved));
        }
    }
}
