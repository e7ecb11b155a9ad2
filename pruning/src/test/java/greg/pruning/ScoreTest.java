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
import greg.pruning.select.ScoreKind;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.ReluOp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
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

    /** An iterator over the batches of an epoch, and how many of them were read. */
    private static final class Opening {
        private final int epoch;
        private int read;

        Opening(int epoch) {
            this.epoch = epoch;
        }
    }

    /** Batches that differ between epochs; whoever opens an epoch is noted. */
    private static TrainData data(List<Opening> openings) {
        IntFunction<Iterator<HostBatch>> batches = epoch -> {
            Opening opening = new Opening(epoch);
            openings.add(opening);
            Random random = new Random(epoch);
            return IntStream.range(0, BATCHES)
                    .mapToObj(b -> {
                        opening.read++;
                        float[] pixels = new float[BATCH * 16];
                        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
                        return new HostBatch(pixels, Shape.of(BATCH, 1, 4, 4), new int[] {0, 1, 2, b % 3});
                    })
                    .iterator();
        };
        return TrainData.of(BATCHES, batches);
    }

    private static TrainData data() {
        return data(new ArrayList<>());
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
    }

    /** GReg-2 picks in the third epoch, so the batches of the epoch in which it picks are others than the first ones. */
    @ParameterizedTest
    @EnumSource(ScoreKind.class)
    void gradientsAreOfTheFirstTenBatchesOfTheFirstEpoch(ScoreKind score) {
        int updates = 2 * BATCHES + 5;
        List<Opening> opened = new ArrayList<>();
        try (Net net = new Net(backend)) {
            GregConfig config = quick(PruningMethod.GREG_2, score)
                    .regGranularityPick(0.2 / updates)
                    .build();
            Pruner.of(net, IMAGE, config).ratios("0.25").run(data(opened));
        }
        List<Integer> epochs = opened.stream().map(o -> o.epoch).toList();
        if (score != ScoreKind.TAYLOR) {
            assertEquals(List.of(0, 1, 2), epochs, "for training alone");
            return;
        }
        assertEquals(List.of(0, 1, 2, 0), epochs, "for training, and again for the pick");
        int read = opened.get(3).read;
        assertTrue(read == 10 || read == 11, "ten, and the iterator may read one ahead: " + read);
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
