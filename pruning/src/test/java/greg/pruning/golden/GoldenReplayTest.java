package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.pruning.golden.GoldenCase.Layer;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GroupScores;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.GrowthSchedule.Phase;
import greg.pruning.growth.LayerState;
import greg.pruning.growth.Magnitudes;
import greg.pruning.growth.PruningMethod;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.ratios.Target;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Replays recorded runs of the reference implementation without any training: the rules get the recorded magnitudes of
 * kept and pruned groups, and must then produce every lambda, moving average, phase and iteration number to the bit.
 */
class GoldenReplayTest {
    static Stream<GoldenCase> growing() {
        return GoldenCase.all().filter(c -> c.config().method() != PruningMethod.L1);
    }

    @ParameterizedTest
    @MethodSource("growing")
    void penaltiesAndStates(GoldenCase golden) {
        GregConfig config = golden.config();
        List<LayerState> layers = layers(golden);
        GrowthSchedule schedule = GrowthSchedule.start(config, layers, l -> scores(golden, l));
        Map<String, JsonNode> recorded = new HashMap<>();
        golden.trace.forEach(v ->
                recorded.put(v.get("iter").intValue() + " " + v.get("layer").textValue(), v));
        List<GrowthEvent> events = new ArrayList<>();
        int updates = 0;
        int iteration = 0;
        for (; schedule.phase() != Phase.DONE; iteration++) {
            assertTrue(iteration < 10_000, "the schedule does not end");
            if (schedule.updateDue(iteration)) {
                long now = iteration;
                updates++;
                schedule.update(iteration, l -> replayed(golden, l, recorded.get(now + " " + l.name())), event -> {
                    compare(golden, event, layers, golden.trace.get(events.size()));
                    events.add(event);
                });
            }
            if (schedule.pruneDue(iteration)) {
                schedule.complete(iteration, l -> {
                    throw new AssertionError("the reference implementation does not sort again at the end");
                });
            }
        }
        assertEquals(golden.trace.size(), events.size(), "visits");
        assertEquals(golden.summary.get("n_reg_updates").intValue(), updates, "updates");
        assertEquals(
                golden.summary.get("iter_stabilize_start").intValue(), schedule.stabilizeStart(), "stabilising starts");
        assertEquals(golden.summary.get("iter_prune").intValue(), iteration - 1, "pruned at");
        assertEquals(golden.settings.get("n_iterations").intValue(), iteration, "iterations");
        for (int i = 0; i < layers.size(); i++) {
            LayerState layer = layers.get(i);
            Layer expected = golden.layers.get(i);
            assertEquals(
                    expected.json().get("iter_update_reg_finished").intValue(), layer.finishIteration(), layer.name());
            boolean picks = config.method() == PruningMethod.GREG_2 && layer.ratio() > 0;
            int pick = picks ? expected.json().get("iter_finish_pick").intValue() : -1;
            assertEquals(pick, layer.pickIteration(), layer.name() + " is picked at");
            assertArrayEquals(expected.ints("kept"), layer.selection().kept(), layer.name() + " keeps");
        }
    }

    static Stream<GoldenCase> withWeights() {
        return GoldenCase.all().filter(GoldenCase::hasInitialWeights);
    }

    @ParameterizedTest
    @MethodSource("withWeights")
    void initialScoresAndSelection(GoldenCase golden) {
        StateDict weights = golden.initialWeights();
        Granularity wg = golden.wg();
        for (Layer layer : golden.layers) {
            double ratio = layer.json().get("pr").doubleValue();
            float[] scores =
                    L1Scores.ofWeights(weights.get(layer.name() + ".weight").values(), layer.groups(wg));
            if (wg != Granularity.WEIGHT) {
                close(layer.floats("scores_init"), scores, layer.name());
            }
            Selection selection = Selection.smallest(scores, ratio);
            assertEquals(layer.json().get("n_pruned").intValue(), selection.pruned().length, layer.name());
            if (golden.config().method().choosesFirst()) {
                assertArrayEquals(layer.ints("kept"), selection.kept(), layer.name());
                if (wg != Granularity.WEIGHT) {
                    assertArrayEquals(layer.ints("pruned_by_ascending_score"), selection.pruned(), layer.name());
                }
            } else if (ratio > 0) {
                assertEquals(
                        layer.json().get("n_in_common_with_L1").intValue(), common(layer, selection), layer.name());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.pruning.golden.GoldenCase#all")
    void layersAndRatios(GoldenCase golden) {
        try (Backend dry = new DryBackend();
                NnModule net = GoldenRun.network(golden, dry)) {
            ChannelGraph graph = ChannelGraph.trace(net, GoldenRun.image(golden));
            Target target = GoldenRun.target(golden);
            List<LayerTarget> targets =
                    target.resolveWithoutWeights(graph, golden.wg()).layers();
            assertEquals(golden.layers.size(), targets.size(), "layers");
            for (int i = 0; i < targets.size(); i++) {
                JsonNode expected = golden.layers.get(i).json();
                greg.pruning.graph.Layer layer = targets.get(i).layer();
                String name = golden.layers.get(i).name();
                assertEquals(name, layer.name());
                assertEquals(expected.get("layer_index").intValue(), layer.index(), name + " index");
                assertEquals(expected.path("stage").asInt(-1), layer.stage(), name + " stage");
                assertEquals(expected.path("seq_index").asInt(-1), layer.place().block(), name + " block");
                assertEquals(
                        expected.path("block_index").asInt(-1), layer.place().conv(), name + " conv");
                assertEquals(expected.get("pr").doubleValue(), targets.get(i).ratio(), name + " ratio");
            }
        }
    }

    private static List<LayerState> layers(GoldenCase golden) {
        List<LayerState> layers = new ArrayList<>();
        for (Layer layer : golden.layers) {
            layers.add(new LayerState(
                    layer.name(),
                    layer.json().get("layer_index").intValue(),
                    layer.json().get("pr").doubleValue(),
                    layer.groups(golden.wg())));
        }
        return layers;
    }

    private static Layer find(GoldenCase golden, LayerState state) {
        return golden.layers.stream()
                .filter(l -> l.name().equals(state.name()))
                .findFirst()
                .orElseThrow();
    }

    /** The scores behind the recorded choice; where none were recorded (single weights) a stand-in that leads to it. */
    private static GroupScores scores(GoldenCase golden, LayerState state) {
        Layer layer = find(golden, state);
        for (String key : new String[] {"scores_at_pick", "scores_init"}) {
            if (layer.json().has(key)) {
                return () -> layer.floats(key);
            }
        }
        float[] standIn = new float[state.groups().count()];
        for (int kept : layer.ints("kept")) {
            standIn[kept] = 1;
        }
        return () -> standIn;
    }

    private static GroupScores replayed(GoldenCase golden, LayerState state, JsonNode visit) {
        GroupScores scores = scores(golden, state);
        return new GroupScores() {
            @Override
            public float[] scores() {
                return scores.scores();
            }

            @Override
            public Magnitudes magnitudes(float[] ignored, Selection selection) {
                return new Magnitudes(number(visit, "kept_mag"), number(visit, "pruned_mag"));
            }
        };
    }

    private static void compare(GoldenCase golden, GrowthEvent event, List<LayerState> layers, JsonNode visit) {
        String at = golden.name + ", iteration " + event.iteration() + ", " + event.layer() + ": ";
        assertEquals(visit.get("iter").intValue(), event.iteration(), at + "iteration");
        assertEquals(visit.get("layer").textValue(), event.layer(), at + "layer");
        assertEquals(visit.get("layer_index").intValue(), event.layerIndex(), at + "index");
        assertEquals(visit.get("pr").doubleValue(), event.ratio(), at + "ratio");
        same(number(visit, "reg_min"), event.lambdaMin(), at + "smallest lambda");
        same(number(visit, "reg_max"), event.lambdaMax(), at + "largest lambda");
        LayerState state = layers.stream()
                .filter(l -> l.name().equals(event.layer()))
                .findFirst()
                .orElseThrow();
        float mean = number(visit, "reg_mean");
        same(mean, TorchMean.of(matrix(golden, state)), at + "mean lambda, added as PyTorch does");
        assertTrue(Math.abs(event.lambdaMean() - mean) <= 2e-6 * Math.abs(mean), at + "mean lambda");
        same(number(visit, "mag_ratio"), event.magRatio(), at + "magnitude ratio");
        same(number(visit, "mag_ratio_momentum"), event.history(), at + "history");
        if (!visit.get("picked").isNull()) {
            assertEquals(visit.get("picked").booleanValue(), event.picked(), at + "picked");
        }
        assertEquals(visit.get("finished").booleanValue(), event.finished(), at + "finished");
        assertEquals(visit.get("prune_state").textValue(), event.phase().name().toLowerCase(), at + "phase");
    }

    /** lambda as the reference implementation stores it: (out, in), or all weights in a row. */
    private static float[] matrix(GoldenCase golden, LayerState state) {
        Layer layer = find(golden, state);
        int positions = golden.wg() == Granularity.WEIGHT ? 1 : layer.positions();
        int elements = Arrays.stream(layer.shape()).reduce(1, Math::multiplyExact) / positions;
        float[] matrix = new float[elements];
        for (int i = 0; i < elements; i++) {
            matrix[i] = state.lambda()[state.groups().of((long) i * positions)];
        }
        return matrix;
    }

    private static float number(JsonNode visit, String key) {
        return visit.get(key).isNull() ? Float.NaN : (float) visit.get(key).doubleValue();
    }

    private static void same(float expected, float got, String what) {
        assertEquals(
                Float.floatToIntBits(expected), Float.floatToIntBits(got), () -> what + ": " + expected + " != " + got);
    }

    private static void close(float[] expected, float[] got, String what) {
        assertEquals(expected.length, got.length, what);
        for (int i = 0; i < expected.length; i++) {
            int at = i;
            // torch adds up to 5,000 float32 numbers; ours is rounded once
            assertTrue(
                    Math.abs(expected[i] - got[i]) <= 1e-6 * Math.abs(expected[i]),
                    () -> what + "[" + at + "]: " + expected[at] + " != " + got[at]);
        }
    }

    private static int common(Layer layer, Selection l1) {
        boolean[] isPruned = new boolean[layer.json().get("n_groups").intValue()];
        Arrays.fill(isPruned, true);
        for (int kept : layer.ints("kept")) {
            isPruned[kept] = false;
        }
        return (int) Arrays.stream(l1.pruned()).filter(g -> isPruned[g]).count();
    }
}
