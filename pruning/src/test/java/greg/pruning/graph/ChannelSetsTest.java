package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.model.CifarResNet;
import greg.nn.model.Networks;
import greg.nn.train.InputSource;
import greg.nn.train.TrainData;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.LayerState;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.SkipLayers;
import greg.pruning.ratios.Target;
import greg.pruning.select.Selection;
import greg.pruning.testing.SpotNets;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChannelSetsTest {
    private static final Shape IMAGE = Shape.of(1, 3, 8, 8);

    /** A network with its graph, and what is pruned of it. */
    private record Case(NnModule net, ChannelGraph graph, Granularity granularity, boolean coupled) {
        static Case of(NnModule net, Granularity granularity, boolean coupled) {
            return of(net, IMAGE, granularity, coupled);
        }

        static Case of(NnModule net, Shape image, Granularity granularity, boolean coupled) {
            return new Case(net, ChannelGraph.trace(net, image), granularity, coupled);
        }

        ChannelSets sets() {
            return ChannelSets.of(graph, granularity, coupled);
        }

        /** The names of the layers of each set, by the first one's. */
        Map<String, List<String>> shared() {
            Map<String, List<String>> shared = new TreeMap<>();
            for (List<Layer> set : sets().shared()) {
                shared.put(set.get(0).name(), set.stream().map(Layer::name).toList());
            }
            return shared;
        }

        Target.Resolved resolve(String text) {
            return new Target(PruningRatios.parse(text), SkipLayers.NONE, null, coupled, false)
                    .resolve(graph, granularity);
        }

        /** Prunes by L1 and returns the finished run. */
        GrowingRegularization l1(List<LayerTarget> targets) {
            GregConfig config = GregConfig.l1().granularity(granularity).build();
            GrowingRegularization run = new GrowingRegularization(config, net, graph, targets);
            run.run(null);
            return run;
        }

        GrowingRegularization l1(String ratios) {
            return l1(resolve(ratios).layers());
        }

        int[] pruned(GrowingRegularization run, String name) {
            int[] pruned = state(run, name).selection().pruned().clone();
            Arrays.sort(pruned);
            return pruned;
        }
    }

    @Test
    void filtersThatMeetInAnAddition() {
        try (Backend dry = new DryBackend();
                NnModule cifar = Networks.create("resnet20", dry, 3, 32, 10);
                NnModule imagenet = Networks.create("resnet50", dry, 3, 64, 10)) {
            assertEquals(
                    Map.of(
                            "conv1", List.of("conv1", "layer1.0.conv2", "layer1.1.conv2", "layer1.2.conv2"),
                            "layer2.0.conv2", List.of("layer2.0.conv2", "layer2.1.conv2", "layer2.2.conv2"),
                            "layer3.0.conv2", List.of("layer3.0.conv2", "layer3.1.conv2", "layer3.2.conv2")),
                    Case.of(cifar, Granularity.FILTER, true).shared());
            Map<String, List<String>> sets = Case.of(imagenet, Shape.of(1, 3, 64, 64), Granularity.FILTER, true)
                    .shared();
            assertEquals(4, sets.size(), sets.toString());
            assertEquals(
                    new TreeSet<>(
                            List.of("layer4.0.conv3", "layer4.0.downsample.0", "layer4.1.conv3", "layer4.2.conv3")),
                    new TreeSet<>(sets.get("layer4.0.conv3")));
        }
    }

    @Test
    void ratiosOfASet() {
        try (Backend dry = new DryBackend();
                NnModule net = Networks.create("resnet20", dry, 3, 32, 10)) {
            Case coupled = Case.of(net, Granularity.FILTER, true);
            Target.Resolved all = coupled.resolve("[0.5,0.5,0.25,0.75,0]");
            assertEquals(List.of(), all.warnings());
            assertEquals(0.5, all.of("conv1").ratio());
            assertEquals(0.25, all.of("layer2.1.conv2").ratio());
            assertEquals(0, all.of("linear").ratio());
            Target.Resolved paper = coupled.resolve("[0,0.5,0.25,0.75,0]");
            assertEquals(0, paper.of("layer1.1.conv2").ratio(), "the stem is to stay whole, so its set does");
            assertEquals(0.5, paper.of("layer1.1.conv1").ratio());
            assertEquals(0.75, paper.of("layer3.1.conv2").ratio());
            assertEquals(1, paper.warnings().size());
            assertTrue(
                    paper.warnings().get(0).startsWith("ratios: conv1, layer1.0.conv2, "),
                    paper.warnings().get(0));

            Case usual = Case.of(net, Granularity.FILTER, false);
            for (LayerTarget target : usual.resolve("[0,0.5,0.25,0.75,0]").layers()) {
                boolean first = target.layer().name().endsWith(".conv1");
                double ratio =
                        new double[] {0, 0.5, 0.25, 0.75, 0}[target.layer().stage()];
                assertEquals(first ? ratio : 0, target.ratio(), target.layer().name());
            }
        }
    }

    @Test
    void aSetNeedsOneRatio() {
        try (Backend dry = new DryBackend();
                NnModule net = Networks.create("resnet20", dry, 3, 32, 10)) {
            Case c = Case.of(net, Granularity.FILTER, true);
            List<LayerTarget> targets = c.resolve("0").layers().stream()
                    .map(t -> t.layer().index() > 0 ? t : new LayerTarget(t.layer(), 0.5, t.coupling(), null))
                    .toList();
            String message = assertThrows(IllegalArgumentException.class, () -> c.l1(targets))
                    .getMessage();
            assertEquals(
                    "pruning: conv1 and layer1.0.conv2 lose the same channels, so they need one ratio, got 0.5 and 0.0",
                    message);
        }
    }

    /** The scores are the sums over the layers of a set; the cut network has the same outputs as the silenced one. */
    @ParameterizedTest
    @EnumSource(
            value = Granularity.class,
            names = {"FILTER", "CHANNEL"})
    void coupledSetsGoByTheSumOfTheirScores(Granularity wg) {
        try (Backend backend = Backends.open("reference", BackendOptions.standard());
                NnModule net = Silencer.randomize(new CifarResNet(backend, 14, 3, 10))) {
            Case c = Case.of(net, wg, true);
            String ratios = wg == Granularity.FILTER ? "[0.3,0.3,0.3,0.3,0]" : "[0,0.3,0.3,0.3,0]";
            try (GrowingRegularization run = c.l1(ratios)) {
                c.shared().forEach((name, names) -> {
                    double[] sums = new double[c.pruned(run, name).length == 0 ? 0 : width(c, wg, name)];
                    for (String member : names) addMeans(c.graph, c.graph.layer(member), wg, sums);
                    int count = Selection.count(0.3, sums.length);
                    int[] expected = IntStream.range(0, sums.length)
                            .boxed()
                            .sorted(Comparator.comparingDouble(i -> sums[i]))
                            .limit(count)
                            .sorted()
                            .mapToInt(Integer::intValue)
                            .toArray();
                    for (String member : names) assertArrayEquals(expected, c.pruned(run, member), member);
                });
                Silencer.check(net, run.removal(), IMAGE);
            }
            // with channel groups too: what the first stage's convolutions read, the stem produces
            assertEquals(
                    11, net.parameters().get("conv1.weight").tensor().shape().dim(0));
        }
    }

    private static int width(Case c, Granularity wg, String layer) {
        Layer l = c.graph.layer(layer);
        return wg == Granularity.FILTER ? l.out() : l.in();
    }

    private static void addMeans(ChannelGraph graph, Layer layer, Granularity wg, double... sums) {
        float[] w = graph.weight(layer).tensor().toHost();
        int positions = layer.positions();
        int other = wg == Granularity.FILTER ? layer.in() : layer.out();
        for (int i = 0; i < w.length; i++) {
            int row = i / positions / layer.in();
            int column = i / positions % layer.in();
            sums[wg == Granularity.FILTER ? row : column] += Math.abs(w[i]) / other / positions;
        }
    }

    @Test
    void groupedConvolutionsLoseWholeUnits() {
        try (Backend backend = Backends.open("reference", BackendOptions.standard());
                NnModule net = Silencer.randomize(SpotNets.grouped(backend))) {
            Case c = Case.of(net, Granularity.FILTER, false);
            try (GrowingRegularization run = c.l1("first:0.5,grouped:0.5,last:0.25")) {
                int[] pruned = c.pruned(run, "first"); // 4 units of 3 filters each
                assertEquals(6, pruned.length);
                for (int i = 0; i < 2; i++) {
                    assertEquals(pruned[i] + 4, pruned[i + 2]);
                    assertEquals(pruned[i] + 8, pruned[i + 4]);
                }
                assertEquals(3, c.pruned(run, "grouped").length);
                assertArrayEquals(
                        pruned,
                        complement(run.removal().keptFilters().get("first"), 12),
                        "what is penalised is what is removed");
                Silencer.check(net, run.removal(), IMAGE);
            }
        }
    }

    private static int[] complement(int[] kept, int n) {
        return IntStream.range(0, n)
                .filter(i -> Arrays.binarySearch(kept, i) < 0)
                .toArray();
    }

    @ParameterizedTest
    @EnumSource(
            value = Granularity.class,
            names = {"FILTER", "CHANNEL"})
    void networksWrittenOnTheSpot(Granularity wg) {
        try (Backend backend = Backends.open("reference", BackendOptions.standard())) {
            for (boolean coupled : new boolean[] {false, true}) {
                List<NnModule> nets = List.of(
                        SpotNets.concat(backend), SpotNets.grouped(backend),
                        SpotNets.inverted(backend), SpotNets.nested(backend));
                for (NnModule net : nets) {
                    Case c = Case.of(Silencer.randomize(net), wg, coupled);
                    try (net;
                            GrowingRegularization run = c.l1("0.3")) {
                        Silencer.check(net, run.removal(), IMAGE);
                    }
                }
            }
        }
    }

    /** All layers of a set pick the same channels in the same visit, with growing penalties too. */
    @Test
    void growingPenaltiesOnCoupledSets() {
        try (Backend backend = Backends.open("reference", BackendOptions.standard());
                NnModule net = Silencer.randomize(new CifarResNet(backend, 8, 3, 3))) {
            Case c = Case.of(net, Granularity.FILTER, true);
            GregConfig config = GregConfig.greg2()
                    .updateRegInterval(1)
                    .stabilizeRegInterval(1)
                    .regUpperLimitPick(0.02)
                    .regGranularityPick(0.01)
                    .regGranularityPrune(0.25)
                    .build();
            List<LayerTarget> targets = c.resolve("[0.5,0.5,0.5,0.5,0]").layers();
            Shape batch = Shape.of(4, 3, 8, 8);
            float[] pixels = new float[4 * 3 * 8 * 8];
            Random random = new Random(1);
            for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
            InputSource feed = () -> {
                Tensor x = Scope.current().own(Tensor.of(backend, batch, pixels));
                return new InputSource.Input(x, Scope.current().own(Tensor.ofInts(backend, Shape.of(4), 0, 1, 2, 1)));
            };
            List<GrowthEvent> events = new ArrayList<>();
            try (GrowingRegularization run = new GrowingRegularization(config, net, c.graph, targets)) {
                run.run(TrainData.endless(feed), (GrowthListener) events::add);
                c.shared().forEach((name, names) -> {
                    for (String member : names) {
                        assertArrayEquals(c.pruned(run, name), c.pruned(run, member), member);
                        assertEquals(
                                state(run, name).pickIteration(),
                                state(run, member).pickIteration());
                        assertEquals(
                                state(run, name).finishIteration(),
                                state(run, member).finishIteration());
                        assertEquals(
                                state(run, name).history(), state(run, member).history());
                    }
                });
                assertTrue(events.size() > 20, "visits: " + events.size());
                Silencer.check(net, run.removal(), IMAGE);
            }
        }
    }

    private static LayerState state(GrowingRegularization run, String name) {
        return run.layers().stream()
                .filter(l -> l.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
