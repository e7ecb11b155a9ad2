package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.datasets.DataSplit;
import greg.kernels.Backend;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.layer.Dropout;
import greg.nn.optim.Adam;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.Optimizer;
import greg.nn.optim.OptimizerKind;
import greg.nn.optim.Penalties;
import greg.nn.optim.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A training that is done twice, with replayed steps and kernel by kernel. Learning rates change, and the test images are
 * evaluated after each epoch.
 *
 * @param data whose test images are evaluated
 * @param network with its initial weights
 * @param penalised a parameter that has a penalty of 0 from the start
 * @param groups of that penalty
 */
record ReplayedTraining(
        DataSplit data, int epochs, Function<Backend, NnModule> network, String penalised, GroupIndex groups) {
    /** What happens to a training before a step, other than the step. */
    interface Change {
        void before(TrainLoop loop, Penalties penalties);
    }

    /** What a training leaves behind, the numbers of steps and masks among it, and how it took its steps. */
    record Trained(
            List<Float> losses,
            List<Score> scores,
            List<Long> numbers,
            StateDict network,
            StateDict optimizer,
            int recorded,
            int replayed) {
        private void assertSame(Trained other) {
            assertEquals(losses, other.losses, "losses");
            assertEquals(scores, other.scores, "scores");
            assertEquals(numbers, other.numbers, "steps of the optimizer, numbers of masks");
            same(network, other.network);
            same(optimizer, other.optimizer);
        }

        private static void same(StateDict expected, StateDict actual) {
            assertEquals(List.copyOf(expected.names()), List.copyOf(actual.names()));
            for (String name : expected.names()) {
                assertArrayEquals(expected.get(name).values(), actual.get(name).values(), 0, name);
            }
        }
    }

    /** Both trainings end with the same bits, and have had the same losses; returns the replayed one. */
    Trained check(Backend backend, OptimizerKind kind, TrainData train, Change change) {
        Trained called = run(backend, false, kind, train, change);
        Trained replayed = run(backend, true, kind, train, change);
        assertEquals(epochs * train.stepsPerEpoch(), called.losses.size());
        assertEquals(0, called.recorded + called.replayed);
        called.assertSame(replayed);
        return replayed;
    }

    /** One of the two. */
    Trained run(Backend on, boolean replays, OptimizerKind kind, TrainData train, Change change) {
        CountedSteps backend = new CountedSteps(on, replays);
        List<Float> losses = new ArrayList<>();
        List<Score> scores = new ArrayList<>();
        try (NnModule net = network.apply(backend);
                Optimizer optimizer = kind == OptimizerKind.ADAM
                        ? new Adam(net, AdamSpec.standard(1e-4))
                        : new Sgd(net, 0.9f, 5e-4f)) {
            Penalties penalties = optimizer.penalize(Map.of(penalised, groups));
            TrainHook hook = new TrainHook() {
                @Override
                public void beforeStep(TrainLoop loop) {
                    change.before(loop, penalties);
                }

                @Override
                public void afterStep(TrainLoop loop) {
                    losses.add(loop.loss());
                }

                @Override
                public void afterEpoch(TrainLoop loop, int epoch, Score score) {
                    scores.add(score);
                    scores.add(Evaluator.of(data.test()).evaluate(net));
                }
            };
            new Trainer(net, optimizer)
                    .schedule(LrSchedule.parse("0:0.05,2:0.02,4:0.01"))
                    .hooks(hook)
                    .run(train, epochs);
            List<Long> numbers = new ArrayList<>(List.of(optimizer.stepCount()));
            net.visit((path, module) -> {
                if (module instanceof Dropout layer) numbers.add(layer.step());
            });
            return new Trained(
                    losses,
                    scores,
                    numbers,
                    StateDict.of(net),
                    optimizer.save(),
                    backend.recorded(),
                    backend.replayed());
        }
    }
}
