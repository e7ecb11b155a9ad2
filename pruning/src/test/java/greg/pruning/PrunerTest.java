package greg.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.Score;
import greg.nn.train.StoppedException;
import greg.nn.train.TrainData;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.nn.train.Trainer;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowthListener;
import greg.pruning.surgery.MaskPlan;
import greg.pruning.surgery.PruningPlan;
import greg.pruning.surgery.Removal;
import greg.pruning.testing.TwoBranches;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The front door, used with a network of the user's own. */
class PrunerTest {
    private static final Shape IMAGE = Shape.of(1, 1, 8, 8);
    private static final int IMAGES = 24;

    @TempDir
    Path temp;

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private final TrainData data;

    PrunerTest() {
        Random random = new Random(4);
        float[] pixels = new float[IMAGES * 64];
        int[] labels = new int[IMAGES];
        for (int i = 0; i < IMAGES; i++) labels[i] = i % 3;
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian() + labels[i / 64] - 1;
        data = TrainData.of(pixels, IMAGE, labels, 8);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    /** With the same weights every time. */
    private TwoBranches fresh() {
        TwoBranches net = new TwoBranches(backend);
        Random random = new Random(7);
        net.parameters().forEach((name, p) -> {
            float[] values = new float[(int) p.tensor().shape().size()];
            for (int i = 0; i < values.length; i++) values[i] = (float) (0.3 * random.nextGaussian());
            p.tensor().set(values);
        });
        return net;
    }

    private static GregConfig.Builder quick(GregConfig.Builder builder) {
        return builder.updateRegInterval(1)
                .stabilizeRegInterval(2)
                .regUpperLimit(0.4)
                .regGranularityPrune(0.1)
                .regUpperLimitPick(0.2)
                .regGranularityPick(0.1)
                .lrPrune(0.01);
    }

    private float[] logits(NnModule net) {
        Random random = new Random(9);
        float[] pixels = new float[2 * 64];
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        try (NnModule.Evaluation mode = net.evaluating();
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return net.call(scope.own(Tensor.of(backend, Shape.of(2, 1, 8, 8), pixels)))
                    .toHost();
        }
    }

    @Test
    void theWholeWayFromANetworkOfOnesOwnToAFileAndBack() {
        Path file = temp.resolve("small.safetensors");
        float[] expected;
        try (TwoBranches net = fresh()) {
            Pruner pruner =
                    Pruner.of(net, IMAGE, quick(GregConfig.greg1()).build()).ratios("0.5");
            PruningPlan plan = pruner.run(data);
            assertEquals(
                    Shape.of(3, 4, 3, 3), net.parameters().get("left").tensor().shape());
            assertEquals(
                    Shape.of(2, 4, 1, 1), net.parameters().get("right").tensor().shape());
            assertEquals(
                    Shape.of(8, 5, 3, 3),
                    net.parameters().get("join.weight").tensor().shape(),
                    "the addition ties its filters, the concatenation follows both branches");
            Score before = Trainer.sgd(net, 0.02f).run(data, 1);
            Score after = Trainer.sgd(net, 0.02f).run(data, 3);
            assertTrue(after.loss() < before.loss(), before + " then " + after);
            Pruned.save(file, net, plan);
            expected = logits(net);
            String report = pruner.report().toString();
            assertTrue(report.contains("(6, 8, 3, 3)") && report.contains("(3, 4, 3, 3)"), report);
            assertTrue(report.contains("GReg-1: removed after iteration"), report);
        }
        try (TwoBranches again = Pruned.load(file, backend, TwoBranches::new)) {
            assertArrayEquals(expected, logits(again));
        }
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Pruned.load(file, backend, Other::new));
        assertTrue(e.getMessage().startsWith(file + " does not fit Other: "), e.getMessage());
    }

    private static final class Other extends NnModule {
        Other(Backend backend) {
            super(backend);
            parameter("w", Shape.of(3, 64));
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    @Test
    void ratiosByNameAndWhatStaysWhole() {
        try (TwoBranches net = fresh()) {
            Pruner.of(net, IMAGE, GregConfig.l1().build())
                    .ratios(Map.of("left", 0.5, "stem", 0.25))
                    .run();
            assertEquals(
                    Shape.of(3, 6, 3, 3), net.parameters().get("left").tensor().shape());
            assertEquals(
                    Shape.of(5, 6, 1, 1), net.parameters().get("right").tensor().shape());
        }
        try (TwoBranches net = fresh()) {
            Pruner.of(net, IMAGE, GregConfig.l1().build())
                    .ratios("0.5")
                    .skip("stem", "r*")
                    .run();
            assertEquals(
                    Shape.of(3, 8, 3, 3), net.parameters().get("left").tensor().shape());
            assertEquals(
                    Shape.of(5, 8, 1, 1), net.parameters().get("right").tensor().shape());
        }
        try (TwoBranches net = fresh()) {
            Pruner coupled =
                    Pruner.of(net, IMAGE, GregConfig.l1().build()).ratios("0.5").coupled();
            coupled.run();
            assertEquals(4, net.parameters().get("join.weight").tensor().shape().dim(0));
            assertEquals(
                    4, net.parameters().get("project.weight").tensor().shape().dim(0));
            assertEquals(Shape.of(3, 4), net.parameters().get("kernel").tensor().shape());
        }
    }

    @Test
    void aGlobalRatioIsSpreadOverTheLayers() {
        try (TwoBranches net = fresh()) {
            float[] small = new float[6 * 8 * 9];
            Arrays.fill(small, 1e-3f);
            for (int f = 0; f < 3; f++) Arrays.fill(small, f * 72, f * 72 + 72, 1f);
            net.parameters().get("left").tensor().set(small); // half of them are far below the layer's mean
            Pruner pruner = Pruner.of(net, IMAGE, GregConfig.l1().build())
                    .ratios("0.15")
                    .global();
            pruner.run();
            assertEquals(3, net.parameters().get("left").tensor().shape().dim(0));
            assertEquals(5, net.parameters().get("right").tensor().shape().dim(0));
        }
    }

    @Test
    void whatGoesTogetherPrintsWell() {
        try (TwoBranches net = fresh()) {
            Pruner pruner = Pruner.of(net, IMAGE, GregConfig.l1().build());
            String group = pruner.group("right", 2).toString();
            assertTrue(group.contains("right") && group.contains("row 2"), group);
            assertTrue(group.contains("join.weight") && group.contains("column 8"), group);
            assertTrue(
                    pruner.groups().size() >= 8 + 6 + 5 + 8,
                    "groups: " + pruner.groups().size());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Granularity.class,
            names = {"FILTER", "WEIGHT"})
    void aGrowthThatIsStoppedAnywhereEndsWithTheSameBits(Granularity granularity) {
        GregConfig config = quick(GregConfig.greg2()).granularity(granularity).build();
        StateDict whole;
        int[] steps = {0};
        try (TwoBranches net = fresh()) {
            PruningPlan plan = Pruner.of(net, IMAGE, config)
                    .ratios("0.5")
                    .hooks(new TrainHook() {
                        @Override
                        public void afterStep(TrainLoop loop) {
                            steps[0]++;
                        }
                    })
                    .run(data);
            Trainer.sgd(net, 0.02f).run(data, 1);
            whole = StateDict.of(net);
            assertEquals(granularity == Granularity.WEIGHT, plan instanceof MaskPlan);
        }
        assertTrue(steps[0] > 6, "steps: " + steps[0]);
        Path folder = temp.resolve("run" + granularity);
        for (int life = 0; ; life++) {
            int[] asked = {0};
            boolean ends = 2 * life + 2 >= steps[0];
            try (TwoBranches net = fresh()) {
                Pruner.of(net, IMAGE, config)
                        .ratios("0.5")
                        .checkpoint(folder)
                        .stopWhen(() -> !ends && ++asked[0] == 2)
                        .run(data);
                assertTrue(ends);
                Trainer.sgd(net, 0.02f).run(data, 1);
                StateDict end = StateDict.of(net);
                for (String name : whole.names()) {
                    assertArrayEquals(whole.get(name).values(), end.get(name).values(), granularity + " " + name);
                }
                break;
            } catch (StoppedException e) {
                assertTrue(Files.exists(folder.resolve("growth.safetensors")));
                assertEquals(2 * life + 1, e.iteration());
            }
        }
        try (TwoBranches net = fresh()) {
            Pruner other = Pruner.of(net, IMAGE, config).ratios("0.25").checkpoint(folder);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> other.run(data));
            assertTrue(e.getMessage().contains("other settings (stem:0.5, "), e.getMessage());
            Pruner coupled =
                    Pruner.of(net, IMAGE, config).ratios("0.5").coupled().checkpoint(folder);
            if (granularity == Granularity.FILTER) assertMessage("other settings", () -> coupled.run(data));
            float[] weights = net.parameters().get("kernel").tensor().toHost();
            weights[0] += 1;
            net.parameters().get("kernel").tensor().set(weights);
            Pruner moved = Pruner.of(net, IMAGE, config).ratios("0.5").checkpoint(folder);
            assertMessage("began with other weights", () -> moved.run(data));
        }
        try (TwoBranches net = fresh()) {
            Pruner other = Pruner.of(net, IMAGE, config).ratios("0.5").checkpoint(folder);
            TrainData fewer = TrainData.of(new float[8 * 64], IMAGE, new int[8], 8);
            assertMessage("24 images in 3 steps, expected 8 images in 1 steps", () -> other.run(fewer));
        }
    }

    @Test
    void maskedWeightsStayZeroInFinetuningAndThroughAFile() {
        Path file = temp.resolve("masked.safetensors");
        try (TwoBranches net = fresh()) {
            GregConfig config =
                    quick(GregConfig.greg1()).granularity(Granularity.WEIGHT).build();
            PruningPlan plan = Pruner.of(net, IMAGE, config).ratios("0.5").run(data);
            Trainer.sgd(net, 0.05f).run(data, 2);
            Pruned.save(file, net, plan);
            assertEquals(24, zeros(net, "kernel") + zeros(net, "kernel"), "12 of 24 weights of the last layer");
        }
        try (TwoBranches again = Pruned.load(file, backend, TwoBranches::new)) {
            Trainer.sgd(again, 0.05f).run(data, 2);
            assertEquals(12, zeros(again, "kernel"));
            assertEquals(6 * 8 * 9 / 2, zeros(again, "left"));
        }
    }

    private static int zeros(NnModule net, String name) {
        int zeros = 0;
        for (float w : net.parameters().get(name).tensor().toHost()) if (w == 0) zeros++;
        return zeros;
    }

    @Test
    void listenersAreToldOfUpdates() {
        List<String> visited = new ArrayList<>();
        try (TwoBranches net = fresh()) {
            Pruner.of(net, IMAGE, quick(GregConfig.greg1()).build())
                    .ratios(Map.of("left", 0.5))
                    .hooks((GrowthListener) event -> visited.add(event.iteration() + " " + event.layer()))
                    .run(data);
        }
        assertTrue(visited.contains("0 left") && visited.contains("4 left"), visited.toString());
        assertFalse(visited.contains("1 stem"), "a layer that stays whole is visited once");
    }

    @Test
    void aStoppedPrunerMayGoOnWithTheNetworkItHasTrained() {
        GregConfig config = quick(GregConfig.greg2()).build();
        StateDict whole;
        try (TwoBranches net = fresh()) {
            Pruner.of(net, IMAGE, config).ratios("0.3").global().run(data);
            whole = StateDict.of(net);
        }
        try (TwoBranches net = fresh()) {
            int[] asked = {0};
            Pruner pruner = Pruner.of(net, IMAGE, config)
                    .ratios("0.3")
                    .global()
                    .checkpoint(temp.resolve("again"))
                    .stopWhen(() -> ++asked[0] == 3 || asked[0] == 5);
            assertThrows(StoppedException.class, () -> pruner.run(data));
            float[] weights = net.parameters().get("left").tensor().toHost();
            for (int i = 0; i < weights.length; i++) weights[i] *= i % 2;
            net.parameters().get("left").tensor().set(weights); // the global ranking was made before
            assertThrows(StoppedException.class, () -> pruner.run(data));
            pruner.run(data);
            StateDict end = StateDict.of(net);
            for (String name : whole.names()) {
                assertArrayEquals(whole.get(name).values(), end.get(name).values(), name);
            }
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> pruner.run(data));
            assertTrue(e.getMessage().contains("already pruned"), e.getMessage());
        }
        try (TwoBranches net = fresh()) {
            int[] asked = {0};
            Pruner first = Pruner.of(net, IMAGE, config)
                    .ratios("0.5")
                    .checkpoint(temp.resolve("two"))
                    .stopWhen(() -> ++asked[0] == 3);
            assertThrows(StoppedException.class, () -> first.run(data));
            Pruner.of(net, IMAGE, config)
                    .ratios("0.5")
                    .checkpoint(temp.resolve("two"))
                    .run(data);
            assertEquals(3, net.parameters().get("left").tensor().shape().dim(0));
        }
    }

    @Test
    void aMaskedNetworkIsNotPrunedAgain() {
        for (Granularity next : new Granularity[] {Granularity.FILTER, Granularity.WEIGHT}) {
            try (TwoBranches net = fresh()) {
                GregConfig weights =
                        GregConfig.l1().granularity(Granularity.WEIGHT).build();
                Pruner.of(net, IMAGE, weights).ratios("0.5").run();
                StateDict before = StateDict.of(net);
                Pruner again = Pruner.of(
                                net, IMAGE, GregConfig.l1().granularity(next).build())
                        .ratios("0.5");
                IllegalStateException e = assertThrows(IllegalStateException.class, again::run);
                assertTrue(e.getMessage().contains("masked already"), e.getMessage());
                Removal removal = new Removal(ChannelGraph.trace(net, IMAGE)).filters("left", 1);
                assertThrows(IllegalStateException.class, removal::apply);
                assertEquals(before.checksum(), StateDict.of(net).checksum());
            }
        }
    }

    @Test
    void ratiosWithoutEffectAreNotKeptQuiet() {
        try (TwoBranches net = fresh()) {
            GregConfig l1 = GregConfig.l1().build();
            assertMessage(
                    "remove nothing: ",
                    () -> Pruner.of(net, IMAGE, l1).ratios("0").run());
            assertMessage("the smallest of their ratios applies", () -> Pruner.of(net, IMAGE, l1)
                    .ratios(Map.of("join", 0.5))
                    .coupled()
                    .run());
            Pruner part = Pruner.of(net, IMAGE, l1)
                    .ratios(Map.of("join", 0.5, "left", 0.5))
                    .coupled();
            part.run();
            String report = part.report().toString();
            assertTrue(report.contains("warning: ratios: ") && report.contains("smallest"), report);
        }
    }

    @Test
    void mistakesAreExplained() {
        try (TwoBranches net = fresh()) {
            GregConfig growing = GregConfig.greg1().build();
            assertMessage("(1, C, H, W)", () -> Pruner.of(net, Shape.of(2, 1, 8, 8), growing));
            assertMessage(
                    "expected ratios", () -> Pruner.of(net, IMAGE, growing).run(data));
            assertMessage(
                    "needs data",
                    () -> Pruner.of(net, IMAGE, growing).ratios("0.5").run());
            assertMessage("matches no layer", () -> Pruner.of(net, IMAGE, growing)
                    .ratios(Map.of("nowhere", 0.5))
                    .run(data));
            assertMessage("tied by the addition", () -> Pruner.of(net, IMAGE, growing)
                    .ratios(Map.of("join", 0.5))
                    .run(data));
            assertMessage(
                    "needs data",
                    () -> Pruner.of(net, IMAGE, growing).ratios("0.5").run(null));
            Checkpointer own = new Checkpointer(0, new DivergenceGuard(), () -> false, state -> {});
            assertMessage("takes the place of checkpoint()", () -> Pruner.of(net, IMAGE, growing)
                    .ratios("0.5")
                    .hooks(own)
                    .checkpoint(temp)
                    .run(data));
            assertThrows(IllegalStateException.class, () -> Pruner.of(net, IMAGE, growing)
                    .report());
        }
    }

    private static void assertMessage(String part, Runnable mistake) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, mistake::run);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
