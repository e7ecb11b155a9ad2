package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.model.Mlp;
import greg.nn.optim.Sgd;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When hooks are called, and what checkpoints and the divergence guard do as hooks. */
class TrainHookTest {
    private static final int IMAGES = 6;
    private static final TrainHook NOTHING = new TrainHook() {};

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private final NnModule net = new Mlp(backend, 2, true, 1, 2, 3);
    private final Sgd sgd = new Sgd(net, 0.9f, 0);
    private final TrainData data;

    TrainHookTest() {
        float[] pixels = new float[IMAGES * 4];
        Random random = new Random(2);
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        data = TrainData.of(pixels, Shape.of(1, 1, 2, 2), new int[] {0, 1, 2, 0, 1, 2}, 3);
    }

    @BeforeEach
    void initialize() {
        Initializer.initialize(net, 1);
        sgd.learningRate(0.1f);
    }

    @AfterEach
    void close() {
        sgd.close();
        net.close();
        backend.close();
    }

    private static TrainHook logging(String name, List<String> log, long stopAt) {
        return new TrainHook() {
            private void log(String what, TrainLoop loop) {
                log.add(name + " " + what + " " + loop.iteration());
            }

            @Override
            public void started(TrainLoop loop) {
                log("started", loop);
            }

            @Override
            public void beforeStep(TrainLoop loop) {
                log("before", loop);
            }

            @Override
            public void afterStep(TrainLoop loop) {
                assertTrue(Float.isFinite(loop.loss()));
                assertEquals(3, loop.images());
                log("after", loop);
            }

            @Override
            public void afterEpoch(TrainLoop loop, int epoch, Score train) {
                assertEquals(IMAGES, train.records());
                log("epoch", loop);
            }

            @Override
            public boolean stop(TrainLoop loop) {
                log("stop?", loop);
                return loop.iteration() == stopAt;
            }

            @Override
            public void ended(TrainLoop loop) {
                log("ended", loop);
            }
        };
    }

    @Test
    void hooksAreCalledInOrderAndNothingBetweenBeforeAndAfterAStep() {
        List<String> log = new ArrayList<>();
        Trainer trainer = new Trainer(net, sgd).hooks(logging("a", log, 1), logging("b", log, 99));
        trainer.run(data, 5);
        assertEquals(
                List.of(
                        "a started 0",
                        "b started 0", //
                        "a before 0",
                        "b before 0",
                        "a after 0",
                        "b after 0",
                        "a stop? 0",
                        "b stop? 0", //
                        "a before 1",
                        "b before 1",
                        "a after 1",
                        "b after 1",
                        "a epoch 1",
                        "b epoch 1",
                        "a stop? 1", //
                        "a ended 1",
                        "b ended 1"),
                log);
    }

    @Test
    void aLimitCountsTheStepsBeforeTheResumption() {
        List<String> log = new ArrayList<>();
        Trainer trainer = new Trainer(net, sgd).hooks(logging("a", log, 99), TrainHook.limit(4));
        trainer.run(data, new Position(2, 0, new float[3]), 100);
        assertEquals(2, log.stream().filter(l -> l.contains("after")).count());
    }

    @Test
    void aScoreIsThatOfTheLastEpochOrOfThePartBeforeTheStop() {
        assertEquals(IMAGES, new Trainer(net, sgd).run(data, 2).records());
        assertEquals(
                3, new Trainer(net, sgd).hooks(TrainHook.limit(3)).run(data, 2).records());
        assertEquals(0, new Trainer(net, sgd).hooks(NOTHING).run(data, 0).records());
    }

    @Test
    void snapshotsAreTakenWhenDueOnRequestAndBeforeAStop() {
        List<Long> saved = new ArrayList<>();
        AtomicInteger questions = new AtomicInteger();
        Checkpointer checkpointer = new Checkpointer(
                1e9,
                new DivergenceGuard(),
                () -> questions.incrementAndGet() == 6,
                state -> saved.add(state.position().iteration()));
        TrainHook asks = new TrainHook() {
            @Override
            public void afterStep(TrainLoop loop) {
                if (loop.iteration() == 2) checkpointer.request();
            }
        };
        StoppedException e = assertThrows(
                StoppedException.class,
                () -> new Trainer(net, sgd).hooks(asks, checkpointer).run(data, 10));
        assertEquals(5, e.iteration());
        // ends of epochs after 2, 4 and 6 steps, the request after 3; the stop falls on an epoch's end, saved once
        assertEquals(List.of(2L, 3L, 4L, 6L), saved);
    }

    @Test
    void aDivergedNetworkIsNeverKept() {
        List<TrainState> saved = new ArrayList<>();
        DivergenceGuard guard = new DivergenceGuard();
        Checkpointer checkpointer = new Checkpointer(0, guard, () -> false, saved::add);
        TrainHook poison = new TrainHook() {
            @Override
            public void afterStep(TrainLoop loop) {
                if (loop.iteration() != 2) return;
                net.parameters().get("fc1.weight").tensor().set(new float[400]);
                net.parameters().get("fc2.bias").tensor().set(0, Float.NaN, 0);
            }
        };
        DivergedException e = assertThrows(
                DivergedException.class,
                () -> new Trainer(net, sgd).hooks(poison, guard, checkpointer).run(data, 10));
        assertTrue(e.getMessage().contains("|fc2.bias| is NaN after iteration 2"), e.getMessage());
        assertEquals(2, saved.size());
    }

    /** As when a process ends while the network is being measured. */
    @Test
    void anEpochWhoseEndWasInterruptedEndsWhenItIsResumed() {
        List<TrainState> saved = new ArrayList<>();
        List<Score> scores = new ArrayList<>();
        TrainHook measures = new TrainHook() {
            @Override
            public void afterEpoch(TrainLoop loop, int epoch, Score train) {
                assertEquals(
                        2 * (epoch + 1), saved.get(saved.size() - 1).position().iteration());
                scores.add(train);
                if (scores.size() == 1) throw new IllegalStateException("killed");
            }
        };
        Checkpointer killed = new Checkpointer(1e9, new DivergenceGuard(), () -> false, saved::add);
        assertThrows(
                IllegalStateException.class,
                () -> new Trainer(net, sgd).hooks(measures, killed).run(data, 2));
        TrainState state = saved.get(0);
        Initializer.initialize(net, 9);
        state.restore(net);
        state.restore(sgd);
        Checkpointer again = new Checkpointer(1e9, new DivergenceGuard(), () -> false, saved::add);
        List<String> log = new ArrayList<>();
        Trainer resumed = new Trainer(net, sgd).hooks(measures, logging("a", log, 99), again);
        resumed.run(data, state.position(), 4);
        assertEquals(scores.get(0), scores.get(1));
        assertEquals(3, scores.size());
        assertEquals(List.of("a started 2", "a epoch 1", "a stop? 1", "a before 2"), log.subList(0, 4));
        assertEquals(
                List.of(2L, 4L),
                saved.stream().map(s -> s.position().iteration()).toList());
    }

    @Test
    void trainingThatHadEndedTakesNoStepWhenItIsResumed() {
        List<TrainState> saved = new ArrayList<>();
        Checkpointer checkpointer = new Checkpointer(1e9, new DivergenceGuard(), () -> false, saved::add);
        new Trainer(net, sgd).hooks(TrainHook.limit(3), checkpointer).run(data, 10);
        assertEquals(3, saved.get(1).position().iteration());
        List<String> log = new ArrayList<>();
        TrainHook[] hooks = {logging("a", log, 99), TrainHook.limit(3)};
        assertEquals(
                3,
                new Trainer(net, sgd)
                        .hooks(hooks)
                        .run(data, saved.get(1).position(), 20)
                        .records());
        assertEquals(List.of("a started 3", "a stop? 2", "a ended 2"), log);
    }
}
