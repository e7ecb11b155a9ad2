package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import greg.nn.layer.Dropout;
import greg.nn.layer.Sequential;
import greg.nn.model.CifarResNet;
import greg.nn.optim.Adam;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A loop that is stopped after any step and resumed with new objects ends with the same bits. */
class TrainerResumeTest {
    private static final DataSplit DATA = Synthetic.split(10, 4, new ImageShape(3, 8, 8, 4), 1);
    private static final int BATCH = 4;
    private static final int EPOCHS = 2;
    private static final int STEPS = 6;
    private static final String PENALISED = "layer1.0.conv1.weight";

    private static Optimizer optimizer(NnModule net, boolean adam) {
        Optimizer optimizer = adam ? new Adam(net, AdamSpec.standard(1e-4)) : new Sgd(net, 0.9f, 5e-4f);
        optimizer.penalize(Map.of(PENALISED, new GroupIndex(16, 16 * 9))).lambda(Map.of(PENALISED, lambda()));
        return optimizer;
    }

    private static float[] lambda() {
        float[] lambda = new float[16];
        for (int i = 0; i < lambda.length; i++) lambda[i] = 0.01f * i;
        return lambda;
    }

    private static TrainData data() {
        return TrainData.of(DATA.train(), BATCH).augment(Augmentation.CROP).seed(3);
    }

    /** Trains from {@code from} (null: from the start) for {@code most} steps; {@code scores} gets the epochs' scores. */
    private static TrainState train(Backend backend, boolean adam, TrainState from, int most, List<Score> scores) {
        try (NnModule net = new CifarResNet(backend, 8, 3, 4);
                Optimizer optimizer = optimizer(net, adam)) {
            Initializer.initialize(net, 1);
            if (from != null) {
                from.restore(net);
                from.restore(optimizer);
            }
            TrainState[] kept = new TrainState[1];
            TrainHook hook = new TrainHook() {
                private int steps;

                @Override
                public void afterStep(TrainLoop loop) {
                    steps++;
                }

                @Override
                public void afterEpoch(TrainLoop loop, int epoch, Score train) {
                    scores.add(train);
                    net.eval();
                }

                @Override
                public boolean stop(TrainLoop loop) {
                    if (steps < most) return false;
                    kept[0] = TrainState.of(loop);
                    return true;
                }
            };
            TrainData data = data();
            new Trainer(net, optimizer)
                    .schedule(LrSchedule.parse("0:0.05,1:0.01"))
                    .hooks(hook)
                    .run(data, from == null ? Position.START : from.position(), (long) EPOCHS * data.stepsPerEpoch());
            return kept[0];
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void everyStopGoesOnWithTheSameBits(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (boolean adam : new boolean[] {false, true}) {
            List<Score> scores = new ArrayList<>();
            TrainState whole = train(backend, adam, null, STEPS, scores);
            assertEquals(EPOCHS, scores.size());
            for (int stop = 1; stop < STEPS; stop++) {
                List<Score> pieces = new ArrayList<>();
                TrainState first = train(backend, adam, null, stop, pieces);
                TrainState second = train(backend, adam, first, STEPS - stop, pieces);
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

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aTrainerWithAFileResumesFromIt(String kind, @TempDir Path folder) {
        Backend backend = BackendsUnderTest.open(kind);
        StateDict whole = withFile(backend, folder.resolve("whole.safetensors"), -1);
        Path file = folder.resolve("broken.safetensors");
        for (int stop : new int[] {1, 2, 3}) { // in the first epoch, at its end, in the second
            assertThrows(StoppedException.class, () -> withFile(backend, file, 1));
            assertEquals(stop, TrainFile.read(file).state().position().iteration());
        }
        same(whole, withFile(backend, file, -1));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aFileIsCheckedAndKeepsTheScore(String kind, @TempDir Path folder) {
        Backend backend = BackendsUnderTest.open(kind);
        Path file = folder.resolve("t.safetensors");
        try (NnModule net = new CifarResNet(backend, 8, 3, 4)) {
            Initializer.initialize(net, 1);
            Score score = Trainer.sgd(net, 0.05f).checkpoint(file).run(data(), EPOCHS);
            assertEquals(10, score.records());
            StateDict trained = StateDict.of(net);
            Initializer.initialize(net, 2);
            assertEquals(score, Trainer.sgd(net, 0.05f).checkpoint(file).run(data(), EPOCHS), "nothing left to do");
            same(trained, StateDict.of(net));

            Trainer fewer = Trainer.sgd(net, 0.05f).checkpoint(file);
            message("more than the 3 asked for", () -> fewer.run(data(), 1));
            TrainData other = TrainData.of(DATA.train(), 5);
            message("expected Sgd, 10 images in 2 steps", () -> fewer.run(other, 4));
            try (Adam adam = new Adam(net, AdamSpec.standard(1e-4))) {
                Trainer another = new Trainer(net, adam).checkpoint(file);
                message("belongs to other training (Sgd, ", () -> another.run(data(), EPOCHS));
            }
            same(trained, StateDict.of(net));
            assertEquals(10, fewer.run(data(), EPOCHS + 1).records(), "more epochs go on");
        }
    }

    private static void message(String part, Runnable mistake) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, mistake::run);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    private static StateDict withFile(Backend backend, Path file, int stopAfter) {
        int[] asked = {0};
        try (NnModule net = new Sequential(backend, new Dropout(backend, 0.2f), new CifarResNet(backend, 8, 3, 4))) {
            Initializer.initialize(net, 1);
            Trainer.sgd(net, 0.05f)
                    .checkpoint(file)
                    .stopWhen(() -> ++asked[0] == stopAfter)
                    .run(data(), EPOCHS);
            return StateDict.of(net);
        }
    }
}
