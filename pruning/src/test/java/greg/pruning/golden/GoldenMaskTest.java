package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.datasets.Cifar;
import greg.datasets.Normalization;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.PruningMethod;
import greg.pruning.select.Selection;
import greg.pruning.surgery.MaskPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The masks of the recorded runs with single weights. The weights just before the removal were not recorded, so what can be
 * compared with the reference is: the masks that our L1 order gives for the initial weights, those that follow from the
 * recorded selections, and, for cases that include it ({@code -Dgreg.golden.dir=DIR}), that the network after the removal
 * is zero under them and unchanged by them, and how good it is.
 */
class GoldenMaskTest {
    private final Backend backend = Backends.open("auto", BackendOptions.standard());

    static Stream<GoldenCase> masked() {
        return GoldenCase.all()
                .filter(c -> c.wg() == Granularity.WEIGHT && Files.exists(c.folder.resolve("mask.safetensors")));
    }

    /** Those whose groups are chosen before any training. */
    static Stream<GoldenCase> chosenFirst() {
        return masked().filter(c -> c.config().method().choosesFirst());
    }

    static Stream<GoldenCase> withNetwork() {
        return masked().filter(c -> c.weights("final") != null);
    }

    @Test
    void theBundleHasAMask() {
        Assumptions.assumeTrue(GoldenCase.bundled(), "other cases were requested");
        assertEquals(
                List.of("resnet20-greg1-weight"),
                chosenFirst().map(GoldenCase::toString).toList());
    }

    private static MaskPlan masks(GoldenCase golden) {
        Map<String, Selection> selections = new LinkedHashMap<>();
        for (GoldenCase.Layer layer : golden.layers) {
            int groups = layer.groups(Granularity.WEIGHT).count();
            selections.put(layer.name() + ".weight", Selection.of(groups, layer.pruned()));
        }
        return MaskPlan.of(selections);
    }

    /** Every layer's mask, and as many zeros as the case says. */
    private static void same(GoldenCase golden, MaskPlan masks) {
        StateDict recorded = golden.weights("mask");
        int zeros = 0;
        for (String layer : recorded.names()) {
            float[] mask = masks.of(layer + ".weight");
            assertArrayEquals(recorded.get(layer).values(), mask, layer);
            for (float bit : mask) if (bit == 0) zeros++;
        }
        assertEquals(golden.layers.size(), recorded.names().size(), "layers");
        assertEquals(
                masks.maskedWeights().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum(),
                zeros);
        JsonNode metrics = golden.json("metrics");
        int total = metrics.get("weights_total").intValue();
        assertEquals(metrics.get("weights_kept_by_mask").intValue(), total - zeros, "weights that stay");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("chosenFirst")
    void ourOrderOfTheInitialWeightsGivesTheMasks(GoldenCase golden) {
        StateDict weights = golden.initialWeights();
        GregConfig oneShot =
                golden.config().toBuilder().method(PruningMethod.L1).build();
        try (NnModule net = GoldenRun.network(golden, backend, weights);
                GrowingRegularization run = GoldenRun.start(golden, oneShot, net)) {
            run.run(null);
            MaskPlan masks = (MaskPlan) run.plan();
            same(golden, masks);
            masks.apply(net);
            StateDict after = StateDict.of(net);
            StateDict recorded = golden.weights("mask");
            for (String name : after.names()) {
                float[] before = weights.get(name).values();
                float[] got = after.get(name).values();
                String layer = name.replaceFirst("\\.weight$", "");
                float[] mask = recorded.contains(layer) ? recorded.get(layer).values() : null;
                for (int i = 0; i < got.length; i++) {
                    float expected = mask != null && mask[i] == 0 ? 0 : before[i];
                    assertTrue(expected == got[i], name + " element " + i);
                }
            }
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("masked")
    void masksFollowFromTheSelection(GoldenCase golden) {
        same(golden, masks(golden));
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("withNetwork")
    void masksFitTheMaskedNetwork(GoldenCase golden) {
        MaskPlan masks = masks(golden);
        StateDict after = golden.weights("final");
        for (GoldenCase.Layer layer : golden.layers) {
            float[] mask = masks.of(layer.name() + ".weight");
            float[] weights = after.get(layer.name() + ".weight").values();
            for (int i = 0; i < mask.length; i++) {
                assertEquals(mask[i] == 0, weights[i] == 0, layer.name() + " element " + i);
            }
        }
        try (NnModule net = GoldenRun.network(golden, backend, after)) {
            masks.apply(net);
            StateDict masked = StateDict.of(net);
            for (String name : masked.names()) {
                float[] expected = after.get(name).values();
                float[] got = masked.get(name).values();
                for (int i = 0; i < expected.length; i++) assertTrue(expected[i] == got[i], name + " element " + i);
            }
            evaluate(golden, net);
        }
    }

    private static void evaluate(GoldenCase golden, NnModule net) {
        String data = System.getProperty("greg.golden.data");
        Assumptions.assumeTrue(data != null, "evaluating needs -Dgreg.golden.data=DIR");
        Score score = new Evaluator(Cifar.cifar10(Path.of(data)).test(), Normalization.IMAGENET, 113).evaluate(net);
        JsonNode recorded = golden.json("metrics").get("test_right_after_pruning");
        assertEquals(recorded.get("total").longValue(), score.records());
        assertEquals(recorded.get("correct").longValue(), score.top1());
        assertEquals(recorded.get("loss").doubleValue(), score.loss(), 1e-4);
    }
}
