package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.cost.CostModel;
import greg.nn.cost.LayerCost;
import greg.nn.train.TrainData;
import greg.pruning.golden.GoldenCase.Layer;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.LayerState;
import greg.pruning.growth.PruningMethod;
import greg.pruning.surgery.Removal;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs recorded cases of the reference implementation from end to end on our engine: the network is built, traced, trained
 * with the growing penalty and cut. Penalties, iteration numbers, what L1 and GReg-1 select, and sizes must be equal; losses,
 * magnitude ratios and what GReg-2 selects within the spread that the reference itself shows ({@link GoldenSpread}).
 *
 * <p>Two of the bundled cases have their losses and the records that they were trained on; a folder of others is run with
 * {@code -Dgreg.golden.dir=DIR -Dgreg.golden.data=DIR}.
 */
class GoldenTrainingTest {
    private final Backend backend = Backends.open("auto", BackendOptions.standard());

    static Stream<GoldenCase> oneShot() {
        return GoldenCase.all().filter(c -> c.config().method() == PruningMethod.L1);
    }

    /** Growing cases that were recorded with their losses: all, but for bundled ones that are reduced to the penalties. */
    static Stream<GoldenCase> growing() {
        return GoldenCase.all()
                .filter(c -> c.config().method() != PruningMethod.L1)
                .filter(c -> !c.iterations.isEmpty() || !GoldenCase.bundled());
    }

    static Stream<GoldenCase> cut() {
        return growing().filter(c -> c.weights("preprune") != null);
    }

    @Test
    void theBundleHasSomethingToReplay() {
        Assumptions.assumeTrue(GoldenCase.bundled(), "other cases were requested");
        assertEquals(
                List.of("lenet5-greg2-filter", "vgg11n-greg2-filter"),
                growing().map(GoldenCase::toString).toList());
        assertEquals(2, cut().count(), "with the weights before the cut");
        assertEquals(1, oneShot().count(), "one shot");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("oneShot")
    void oneShotPruningEqualsTheReference(GoldenCase golden) {
        try (NnModule net = GoldenRun.network(golden, backend, golden.initialWeights());
                GrowingRegularization run = GoldenRun.start(golden, golden.config(), net)) {
            run.run(null);
            sameSelections(golden, run.layers());
            CostModel before = cost(golden, net);
            run.removal().apply();
            same(golden.weights("final"), StateDict.of(net));
            sameSizes(golden, before, cost(golden, net));
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("growing")
    void growingEqualsTheReference(GoldenCase golden) throws IOException {
        GregConfig config = golden.config();
        GoldenRecords records = new GoldenRecords(backend, golden, 0);
        GoldenTrace trace = new GoldenTrace(golden);
        GoldenSpread spread = new GoldenSpread(golden);
        try (NnModule net = GoldenRun.network(golden, backend, golden.initialWeights());
                GrowingRegularization run = GoldenRun.start(golden, config, net)) {
            CostModel before = cost(golden, net);
            run.run(TrainData.endless(records), trace.of(run));
            trace.complete();
            assertEquals(golden.summary.get("iter_prune").longValue(), run.iteration(), "pruned at");
            sameMilestones(golden, run);
            if (config.method().choosesFirst()) sameSelections(golden, run.layers());
            spread.losses(trace.losses);
            spread.ratios(trace.ratios);
            spread.selections(run.layers());
            if (config.granularity() == Granularity.WEIGHT) return;
            run.removal().apply();
            sameSizes(golden, before, cost(golden, net));
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("cut")
    void cuttingTheRecordedWeightsGivesTheRecordedNetwork(GoldenCase golden) {
        try (NnModule net = GoldenRun.network(golden, backend, golden.weights("preprune"))) {
            CostModel before = cost(golden, net);
            ChannelGraph graph = ChannelGraph.trace(net, GoldenRun.image(golden));
            var removal = new Removal(graph);
            for (Layer layer : golden.layers) {
                if (layer.shape().length == 2) continue;
                int[] gone = layer.ints("pruned_sorted");
                if (golden.wg() == Granularity.CHANNEL) removal.inputs(layer.name(), gone);
                else removal.filters(layer.name(), gone);
            }
            removal.apply();
            same(golden.weights("final"), StateDict.of(net));
            sameSizes(golden, before, cost(golden, net));
        }
    }

    /** Iterations at which each layer was picked and finished, and the growth ended. */
    private static void sameMilestones(GoldenCase golden, GrowingRegularization run) {
        assertEquals(golden.layers.size(), run.layers().size(), "layers");
        long stabilizing = -1;
        for (int i = 0; i < golden.layers.size(); i++) {
            LayerState layer = run.layers().get(i);
            Layer expected = golden.layers.get(i);
            assertEquals(expected.name(), layer.name());
            int finished = expected.json().get("iter_update_reg_finished").intValue();
            assertEquals(finished, layer.finishIteration(), layer.name() + " finishes");
            boolean picks = golden.config().method() == PruningMethod.GREG_2 && layer.ratio() > 0;
            int pick = picks ? expected.json().get("iter_finish_pick").intValue() : -1;
            assertEquals(pick, layer.pickIteration(), layer.name() + " is picked");
            stabilizing = Math.max(stabilizing, layer.finishIteration());
        }
        assertEquals(golden.summary.get("iter_stabilize_start").longValue(), stabilizing, "stabilising starts");
    }

    private static void sameSelections(GoldenCase golden, List<LayerState> layers) {
        assertEquals(golden.layers.size(), layers.size(), "layers");
        for (int i = 0; i < golden.layers.size(); i++) {
            Layer expected = golden.layers.get(i);
            LayerState got = layers.get(i);
            assertEquals(expected.name(), got.name());
            assertArrayEquals(expected.ints("kept"), got.selection().kept(), got.name() + " keeps");
        }
    }

    private static CostModel cost(GoldenCase golden, NnModule net) {
        var image = GoldenRun.image(golden);
        return CostModel.of(net, image.dim(1), image.dim(2), image.dim(3));
    }

    /** Filters of each convolution that are left; parameters and FLOPs before and after. */
    private static void sameSizes(GoldenCase golden, CostModel before, CostModel after) {
        JsonNode filters = golden.summary.get("n_filter_after");
        int at = 0;
        for (LayerCost layer : after.layers()) {
            if (layer.weight().rank() == 4) {
                assertEquals(filters.get(at++).intValue(), layer.weight().dim(0), layer.name());
            }
        }
        assertEquals(filters.size(), at, "convolutions");
        JsonNode metrics = golden.json("metrics");
        assertEquals(metrics.get("params_before").longValue(), before.params(), "parameters before");
        assertEquals(metrics.get("params_after").longValue(), after.params(), "parameters after");
        assertEquals(
                metrics.get("flops_before").doubleValue(),
                2.0 * before.macs(),
                "FLOPs before, two per multiply-accumulate");
        assertEquals(metrics.get("flops_after").doubleValue(), 2.0 * after.macs(), "FLOPs after");
    }

    private static void same(StateDict expected, StateDict got) {
        int compared = 0;
        for (String name : expected.names()) {
            if (name.endsWith("num_batches_tracked")) continue;
            assertEquals(expected.get(name).shape(), got.get(name).shape(), name);
            assertArrayEquals(expected.get(name).values(), got.get(name).values(), name);
            compared++;
        }
        assertTrue(compared > 0 && compared == got.names().size(), "tensors: " + got.names());
    }
}
