package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Module;
import greg.nn.StateDict;
import greg.nn.cost.CostModel;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
import greg.pruning.GregConfig;
import greg.pruning.GrowingRegularization;
import greg.pruning.GrowthEvent;
import greg.pruning.GrowthListener;
import greg.pruning.GrowthSchedule;
import greg.pruning.LayerState;
import greg.pruning.PrunableLayer;
import greg.pruning.PruningMethod;
import greg.pruning.PruningRatios;
import greg.pruning.SkipLayers;
import greg.pruning.Topology;
import greg.pruning.WeightGroup;
import greg.pruning.golden.GoldenCase.Layer;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Removal;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs recorded cases of the reference implementation from end to end on our engine: the network is built, traced, trained
 * with the growing penalty and cut. Penalties, iteration numbers and selections must be equal; losses within the spread that
 * the reference itself shows when its initial weights change by one unit in the last place ({@code variation.json}).
 *
 * <p>Training needs the records: {@code -Dgreg.golden.dir=DIR -Dgreg.golden.data=DIR}. One-shot pruning does not.
 */
class GoldenTrainingTest {
    private static final int EARLY = 10;
    /** Ours differs from the reference by the order of every sum in every step, not by one rounding of the weights. */
    private static final double SPREAD = 3;

    /** About one rounding of a loss near 2. */
    private static final double FLOOR = 2.4e-7;

    private final Backend backend = Backends.open("auto", BackendOptions.standard());

    static Stream<GoldenCase> oneShot() {
        return GoldenCase.all().filter(c -> c.config().method() == PruningMethod.L1);
    }

    /** Cases with complete traces, structured groups and a growing penalty. */
    static Stream<GoldenCase> growing() {
        return GoldenCase.all().filter(c -> c.config().method() != PruningMethod.L1);
    }

    @ParameterizedTest
    @MethodSource("oneShot")
    void oneShotPruningEqualsTheReference(GoldenCase golden) {
        try (Module net = network(golden);
                GrowingRegularization run = start(golden, net)) {
            run.run(null, new GrowthListener() {});
            checkSelections(golden, run);
            run.removal().apply();
            same(golden.weights("final"), StateDict.of(net));
            checkCounts(golden, net);
        }
    }

    @ParameterizedTest
    @MethodSource("growing")
    void growingEqualsTheReference(GoldenCase golden) throws IOException {
        String data = System.getProperty("greg.golden.data");
        Assumptions.assumeTrue(data != null, "training cases need -Dgreg.golden.data=DIR");
        Assumptions.assumeTrue(!golden.iterations.isEmpty(), "a bundled case has no recorded losses");
        GoldenRecords records = new GoldenRecords(backend, Path.of(data), golden.settings.get("data"));
        List<JsonNode> spread = perturbedRuns(golden);
        Trace trace = new Trace(golden, spread);
        try (Module net = network(golden);
                GrowingRegularization run = start(golden, net)) {
            run.run(records, trace);
            assertEquals(golden.trace.size(), trace.visits, "visits");
            assertEquals(golden.summary.get("iter_prune").longValue(), run.iteration(), "pruned at");
            System.out.println(golden.name + ": largest loss difference in the first 10 iterations " + trace.early
                    + ", in the first 50 " + trace.first50);
            if (golden.config().method().choosesFirst()) checkSelections(golden, run);
            if (golden.wg() == WeightGroup.WEIGHT) return;
            run.removal().apply();
            checkCounts(golden, net);
        }
    }

    @ParameterizedTest
    @MethodSource("growing")
    void cuttingTheRecordedWeightsGivesTheRecordedNetwork(GoldenCase golden) {
        StateDict before = golden.weights("preprune");
        Assumptions.assumeTrue(before != null, "the case has no weights from just before the cut");
        try (Module net = network(golden)) {
            before.loadInto(net);
            ChannelGraph graph = ChannelGraph.trace(net, image(golden));
            var removal = new Removal(graph);
            for (Layer layer : golden.layers) {
                if (layer.shape().length == 2) continue;
                int[] gone = layer.ints("pruned_sorted");
                if (golden.wg() == WeightGroup.CHANNEL) removal.inputs(layer.name(), gone);
                else removal.filters(layer.name(), gone);
            }
            removal.apply();
            same(golden.weights("final"), StateDict.of(net));
        }
    }

    /** Compares every visit and every loss while the run goes on. */
    private final class Trace implements GrowthListener {
        private final GoldenCase golden;
        private final List<JsonNode> spread;
        private final Map<String, JsonNode> visitsByPlace = new HashMap<>();
        private int visits;
        private double early;
        private double first50;

        Trace(GoldenCase golden, List<JsonNode> spread) {
            this.golden = golden;
            this.spread = spread;
            golden.trace.forEach(v ->
                    visitsByPlace.put(v.get("iter").intValue() + v.get("layer").textValue(), v));
        }

        @Override
        public void visited(GrowthEvent event) {
            visits++;
            String at = "iteration " + event.iteration() + ", " + event.layer() + ": ";
            JsonNode recorded = visitsByPlace.get(event.iteration() + event.layer());
            assertTrue(recorded != null, at + "the reference does not visit it");
            assertEquals((float) recorded.get("reg_min").doubleValue(), event.lambdaMin(), at + "smallest lambda");
            assertEquals((float) recorded.get("reg_max").doubleValue(), event.lambdaMax(), at + "largest lambda");
            assertEquals(recorded.get("finished").booleanValue(), event.finished(), at + "finished");
            if (!recorded.get("picked").isNull()) {
                assertEquals(recorded.get("picked").booleanValue(), event.picked(), at + "picked");
            }
        }

        @Override
        public void stepped(long iteration, GrowthSchedule.Phase phase, Tensor loss) {
            JsonNode recorded = golden.iterations.get((int) iteration);
            assertEquals(recorded.get("prune_state").textValue(), phase.name().toLowerCase(), "phase");
            double difference = Math.abs(loss.item() - recorded.get("loss").doubleValue());
            if (iteration < EARLY) early = Math.max(early, difference);
            if (iteration < 50) first50 = Math.max(first50, difference);
            for (int within : new int[] {EARLY, 50}) {
                if (iteration >= within) continue;
                double allowed = 0;
                for (JsonNode run : spread) {
                    allowed = Math.max(
                            allowed,
                            run.get("max_abs_loss_diff_within_first")
                                    .get(String.valueOf(within))
                                    .doubleValue());
                }
                double limit = SPREAD * Math.max(allowed, FLOOR);
                assertTrue(
                        difference <= limit,
                        "iteration " + iteration + ": loss differs by " + difference
                                + ", the reference itself by up to " + allowed);
            }
        }
    }

    /**
     * The perturbed runs of all cases that start from the same network: they take the same first steps but for the penalty,
     * and two runs alone are a small sample.
     */
    private static List<JsonNode> perturbedRuns(GoldenCase golden) throws IOException {
        List<JsonNode> runs = new ArrayList<>();
        for (GoldenCase other : GoldenCase.all().toList()) {
            Path file = other.folder.resolve("variation.json");
            boolean same = Stream.of("arch", "cfg")
                    .allMatch(k -> golden.settings.get(k).equals(other.settings.get(k)));
            if (same && Files.exists(file)) {
                new ObjectMapper().readTree(file.toFile()).get("runs").forEach(runs::add);
            }
        }
        return runs;
    }

    private Module network(GoldenCase golden) {
        JsonNode cfg = golden.settings.get("cfg");
        int channels = channels(golden);
        String arch = golden.settings.get("arch").textValue();
        Module net;
        if (cfg.isNull()) {
            net = Networks.create(arch, backend, channels, 32, 10);
        } else {
            int[] widths = new int[cfg.size()];
            for (int i = 0; i < widths.length; i++)
                widths[i] = cfg.get(i).isTextual() ? Vgg.POOL : cfg.get(i).intValue();
            net = new Vgg(backend, widths, true, channels, 10);
        }
        golden.initialWeights().loadInto(net);
        return net;
    }

    private static int channels(GoldenCase golden) {
        return golden.settings.get("data").get("normalize").textValue().equals("gray") ? 1 : 3;
    }

    private static Shape image(GoldenCase golden) {
        return Shape.of(1, channels(golden), 32, 32);
    }

    private GrowingRegularization start(GoldenCase golden, Module net) {
        GregConfig config = golden.config();
        ChannelGraph graph = ChannelGraph.trace(net, image(golden));
        List<PrunableLayer> described = Topology.describe(graph);
        double[] ratios = PruningRatios.parse(golden.flag("--stage_pr"))
                .resolve(described, config.wg(), SkipLayers.parse(golden.flag("--skip_layers")))
                .ratios();
        return new GrowingRegularization(config, net, graph, described, ratios);
    }

    private static void checkSelections(GoldenCase golden, GrowingRegularization run) {
        assertEquals(golden.layers.size(), run.layers().size(), "layers");
        for (int i = 0; i < golden.layers.size(); i++) {
            Layer wanted = golden.layers.get(i);
            LayerState got = run.layers().get(i);
            assertEquals(wanted.name(), got.name());
            assertArrayEquals(wanted.ints("kept"), got.selection().kept(), got.name() + " keeps");
        }
    }

    private static void checkCounts(GoldenCase golden, Module net) {
        JsonNode filters = golden.summary.get("n_filter_after");
        CostModel cost = CostModel.of(net, channels(golden), 32, 32);
        int at = 0;
        for (var layer : cost.layers()) {
            if (layer.weight().rank() == 4) {
                assertEquals(filters.get(at++).intValue(), layer.weight().dim(0), layer.name());
            }
        }
        assertEquals(filters.size(), at, "convolutions");
    }

    private static void same(StateDict wanted, StateDict got) {
        for (String name : wanted.names()) {
            if (name.endsWith("num_batches_tracked")) continue;
            assertEquals(wanted.get(name).shape(), got.get(name).shape(), name);
            assertArrayEquals(wanted.get(name).values(), got.get(name).values(), name);
        }
    }
}
