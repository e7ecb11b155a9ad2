package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.DataSplit;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.Processes;
import greg.kernels.Ranks;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that train together take the steps of one that has the whole batch; the ranks are threads with a reference backend each. */
class ParallelTrainingTest {
    /** In batches of 6: 6, 6 and 1. */
    private static final DataSplit DATA = Synthetic.split(13, 5, new ImageShape(3, 32, 32, 4), 1);

    private static final int BATCH = 6;

    /** What a training ends with on one rank. */
    private record Outcome(StateDict network, List<Score> scores, List<Float> losses, Score test) {}

    private static Outcome train(String arch, Processes group, int batch, Function<Integer, TrainData> data) {
        try (Backend backend =
                        Backends.open("reference", BackendOptions.standard().processes(group));
                NnModule net = Networks.createInitialized(arch, backend, 3, 32, 4, 1)) {
            List<Score> scores = new ArrayList<>();
            List<Float> losses = new ArrayList<>();
            TrainHook hook = new TrainHook() {
                @Override
                public void afterStep(TrainLoop loop) {
                    losses.add(loop.loss());
                    assertEquals(
                            Math.min(batch, 13 - loop.iteration() % ((13 - 1) / batch + 1) * batch), loop.images());
                }

                @Override
                public void afterEpoch(TrainLoop loop, int epoch, Score train) {
                    scores.add(train);
                }
            };
            Trainer.sgd(net, 0.05f).hooks(hook).run(data.apply(batch), 2);
            return new Outcome(
                    StateDict.of(net), scores, losses, Evaluator.of(DATA.test()).evaluate(net));
        }
    }

    /** The network that two epochs in one step each leave on this rank. */
    static StateDict train(String arch, Processes group) {
        return train(arch, group, 13, ParallelTrainingTest::images).network;
    }

    private static TrainData images(int batch) {
        return TrainData.of(DATA.train(), batch).augment(Augmentation.CROP).seed(3);
    }

    private static List<Outcome> together(String arch, int ranks, boolean sync, int batch) {
        return Ranks.run(ranks, sync, group -> train(arch, group, batch, ParallelTrainingTest::images));
    }

    private static void assertSame(StateDict expected, StateDict actual) {
        assertEquals(expected.names(), actual.names());
        for (String name : expected.names()) {
            assertArrayEquals(expected.get(name).values(), actual.get(name).values(), name);
        }
    }

    private static void assertClose(StateDict expected, StateDict actual, double tolerance) {
        for (String name : expected.names()) {
            float[] e = expected.get(name).values();
            float[] a = actual.get(name).values();
            double most = 0;
            double norm = 1e-3;
            for (int i = 0; i < e.length; i++) {
                most = Math.max(most, Math.abs(e[i] - a[i]));
                norm = Math.max(norm, Math.abs(e[i]));
            }
            assertTrue(most <= tolerance * norm, name + ": differs by " + most + ", largest " + norm);
        }
    }

    private static void assertAlike(List<Outcome> ranks) {
        for (Outcome rank : ranks) {
            assertSame(ranks.get(0).network, rank.network);
            assertEquals(ranks.get(0).scores, rank.scores);
            assertEquals(ranks.get(0).losses, rank.losses);
            assertEquals(ranks.get(0).test, rank.test);
        }
    }

    /** lenet5 has no batch normalization; 4 ranks share batches of 6 and of 1 image. */
    @ParameterizedTest
    @CsvSource({"lenet5, false, 2", "lenet5, false, 4", "resnet8, true, 2", "resnet8, true, 3"})
    void isTheTrainingOfTheWholeBatch(String arch, boolean sync, int ranks) {
        int batch = sync ? 13 : BATCH; // a batch of one image is two with --sync-bn: see Share
        Outcome alone = train(arch, null, batch, ParallelTrainingTest::images);
        List<Outcome> together = together(arch, ranks, sync, batch);
        assertAlike(together);
        Outcome first = together.get(0);
        assertClose(alone.network, first.network, 2e-4);
        for (int i = 0; i < alone.losses.size(); i++) assertEquals(alone.losses.get(i), first.losses.get(i), 1e-3);
        for (int i = 0; i < 2; i++) {
            assertEquals(alone.scores.get(i).records(), first.scores.get(i).records());
            assertEquals(alone.scores.get(i).top1(), first.scores.get(i).top1());
            assertEquals(alone.scores.get(i).loss(), first.scores.get(i).loss(), 1e-3);
        }
        assertEquals(alone.test.records(), first.test.records());
        assertEquals(alone.test.loss(), first.test.loss(), 1e-3);
    }

    /** Each rank normalizes by its own statistics, which is another training, but the same on all ranks. */
    @Test
    void ranksHoldTheSameNetworkToTheBit() {
        List<Outcome> together = together("resnet8", 3, false, 13);
        assertAlike(together);
        List<Outcome> again = together("resnet8", 3, false, 13);
        assertSame(together.get(0).network, again.get(0).network);
    }

    /** Stopped in the middle of an epoch: what was counted until then is counted once. */
    @Test
    void aResumedEpochHasTheScoreOfAWholeOne(@TempDir Path folder) {
        List<Score> whole = Ranks.run(2, false, group -> score(group, null, 0)).subList(0, 1);
        Ranks.run(2, false, group -> score(group, folder, 2));
        List<Score> resumed = Ranks.run(2, false, group -> score(group, folder, 0));
        assertEquals(List.of(whole.get(0), whole.get(0)), resumed);
    }

    /** Of one epoch of three steps; {@code stopAt} greater than 0: stopped after that many, null. */
    private static Score score(Processes group, Path folder, int stopAt) {
        try (Backend backend =
                        Backends.open("reference", BackendOptions.standard().processes(group));
                NnModule net = Networks.createInitialized("lenet5", backend, 3, 32, 4, 1)) {
            int[] asked = new int[1];
            Trainer trainer = Trainer.sgd(net, 0.05f).stopWhen(() -> ++asked[0] == stopAt);
            if (folder != null) trainer.checkpoint(folder.resolve("rank" + group.rank()));
            return trainer.run(images(BATCH), 1);
        } catch (StoppedException e) {
            return null;
        }
    }
}
