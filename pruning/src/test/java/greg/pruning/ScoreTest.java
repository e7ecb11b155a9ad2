package greg.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.train.HostBatch;
import greg.nn.train.StoppedException;
import greg.nn.train.TrainData;
import greg.nn.train.TrainFile;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.ReluOp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Which filters each score removes from a layer of four that it cannot miss: filter 0 has many small weights (the smallest
 * L2 norm), filter 1 the smallest L1 norm with one large weight, filter 2 is the largest and nobody reads it (no gradient).
 */
class ScoreTest {
    private static final Shape IMAGE = Shape.of(1, 1, 4, 4);
    private static final int BATCH = 4;
    private static final int BATCHES = 12;

    @TempDir
    Path temp;

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private int batchesRead;

    @AfterEach
    void close() {
        backend.close();
    }

    private static final class Net extends NnModule {
        private final Conv2d conv = child("conv", new Conv2d(backend(), 1, 4, 3, Conv2dOptions.DEFAULT));
        private final Linear fc = child("fc", new Linear(backend(), 4, 3, true));

        Net(Backend backend) {
            super(backend);
            float[] filters = new float[4 * 9];
            for (int i = 0; i < 9; i++) {
                filters[i] = 0.1f;
                filters[9 + i] = i == 4 ? 0.8f : 0;
                filters[18 + i] = 0.9f;
                filters[27 + i] = i % 2 == 0 ? 0.4f : -0.5f;
            }
            conv.parameters().get("weight").tensor().set(filters);
            conv.parameters().get("bias").tensor().set(1, 1, 1, 1);
            float[] columns = new float[12];
            for (int i = 0; i < columns.length; i++) columns[i] = i % 4 == 2 ? 0 : (i % 5 - 2) * 0.5f;
            fc.parameters().get("weight").tensor().set(columns);
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(GlobalAveragePoolOp.apply(ReluOp.apply(conv.forward(x))));
        }
    }

    /** Batches that count how many of them are read, and of which epoch. */
    private TrainData data(int[] epochs) {
        IntFunction<Iterator<HostBatch>> batches = epoch -> {
            epochs[0] = Math.max(epochs[0], epoch);
            Random random = new Random(epoch);
            return IntStream.range(0, BATCHES)
                    .mapToObj(b -> {
                        batchesRead++;
                        float[] pixels = new float[BATCH * 16];
                        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
                        return new HostBatch(pixels, Shape.of(BATCH, 1, 4, 4), new int[] {0, 1, 2, b % 3});
                    })
                    .iterator();
        };
        return TrainData.of(BATCHES, batches);
    }

    private TrainData data() {
        return data(new int[1]);
    }

    private static GregConfig.Builder quick(PruningMethod method, ScoreKind score) {
        return GregConfig.of(method)
                .score(score)
                .updateRegInterval(1)
                .stabilizeRegInterval(2)
                .regUpperLimit(0.4)
                .regGranularityPrune(0.1)
                .regUpperLimitPick(0.2)
                .regGranularityPick(0.1)
                .lrPrune(1e-4);
    }

    private int[] kept(GregConfig config) {
        try (Net net = new Net(backend)) {
            return Pruner.of(net, IMAGE, config)
                    .ratios("0.25")
                    .run(data())
                    .keptFilters()
                    .get("conv");
        }
    }

    @ParameterizedTest
    @EnumSource(PruningMethod.class)
    void everyMethodChoosesByTheScore(PruningMethod method) {
        assertArrayEquals(new int[] {0, 2, 3}, kept(quick(method, ScoreKind.L1).build()));
        assertArrayEquals(new int[] {1, 2, 3}, kept(quick(method, ScoreKind.L2).build()));
        assertArrayEquals(
                new int[] {0, 1, 3}, kept(quick(method, ScoreKind.TAYLOR).build()));
    }

    @Test
    void paperSemanticsChooseAtTheEndByTheScore() {
        GregConfig.Builder greg2 = quick(PruningMethod.GREG_2, ScoreKind.TAYLOR).semantics(Semantics.PAPER);
        assertArrayEquals(new int[] {0, 1, 3}, kept(greg2.build()));
        assertArrayEquals(
                new int[] {0, 1, 3},
                kept(quick(PruningMethod.L1, ScoreKind.TAYLOR)
                        .pickPruned(PickPruned.MIN)
                        .build()));
    }

    @Test
    void gradientsAreOfTheFirstTenBatchesOfTheFirstEpoch() {
        int[] lastEpoch = new int[1];
        GregConfig config = quick(PruningMethod.L1, ScoreKind.TAYLOR).build();
        try (Net net = new Net(backend)) {
            Pruner.of(net, IMAGE, config).ratios("0.25").run(data(lastEpoch));
        }
        assertEquals(0, lastEpoch[0]);
        assertTrue(batchesRead >= 10 && batchesRead < BATCHES, "the iterator may read one ahead: " + batchesRead);
        batchesRead = 0;
        try (Net net = new Net(backend)) {
            Pruner.of(net, IMAGE, GregConfig.l1().score(ScoreKind.L2).build())
                    .ratios("0.25")
                    .run();
        }
        assertEquals(0, batchesRead);
    }

    @Test
    void aScoreWithGradientsNeedsData() {
        try (Net net = new Net(backend)) {
            Pruner pruner = Pruner.of(
                            net, IMAGE, GregConfig.l1().score(ScoreKind.TAYLOR).build())
                    .ratios("0.5");
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, pruner::run);
            assertTrue(e.getMessage().contains("the score TAYLOR needs gradients"), e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(ScoreKind.class)
    void stoppedBeforeThePickItEndsWithTheSameBits(ScoreKind score) {
        GregConfig config = quick(PruningMethod.GREG_2, score).lrPrune(0.05).build();
        Path folder = temp.resolve(score.name());
        StateDict whole;
        try (Net net = new Net(backend)) {
            Pruner.of(net, IMAGE, config).ratios("0.25").run(data());
            whole = StateDict.of(net);
        }
        try (Net net = new Net(backend)) {
            Pruner stopped = Pruner.of(net, IMAGE, config)
                    .ratios("0.25")
                    .checkpoint(folder)
                    .stopWhen(() -> true);
            assertThrows(StoppedException.class, () -> stopped.run(data()));
        }
        if (score == ScoreKind.L1) asAnEarlierVersionWroteIt(folder.resolve("growth.safetensors"));
        try (Net net = new Net(backend)) {
            Pruner.of(net, IMAGE, config).ratios("0.25").checkpoint(folder).run(data());
            StateDict end = StateDict.of(net);
            for (String name : whole.names()) {
                assertArrayEquals(whole.get(name).values(), end.get(name).values(), name);
            }
        }
        ScoreKind another = score == ScoreKind.L2 ? ScoreKind.L1 : ScoreKind.L2;
        try (Net net = new Net(backend)) {
            Pruner pruner = Pruner.of(
                            net, IMAGE, config.toBuilder().score(another).build())
                    .ratios("0.25")
                    .checkpoint(folder);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> pruner.run(data()));
            assertTrue(
                    e.getMessage().contains("(score=" + score + ", expected score=" + another + ")"), e.getMessage());
        }
    }

    /** Earlier versions knew no scores but L1, so their files do not say which it was. */
    private static void asAnEarlierVersionWroteIt(Path file) {
        assertTrue(Files.exists(file));
        TrainFile now = TrainFile.read(file);
        Map<String, String> notes = new LinkedHashMap<>(now.notes());
        notes.computeIfPresent("settings", (k, v) -> v.replace("score=L1, ", ""));
        new TrainFile(now.state(), now.extra(), notes).write(file);
    }
}
