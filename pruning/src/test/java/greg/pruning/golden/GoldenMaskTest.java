package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import greg.datasets.Cifar;
import greg.datasets.Normalization;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Module;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import greg.pruning.LayerState;
import greg.pruning.Masks;
import greg.pruning.Selection;
import greg.pruning.WeightGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The masks of the recorded runs with single weights ({@code -Dgreg.golden.dir=DIR}; none is bundled, they are large). The
 * weights just before the removal were not recorded, so what can be held against the reference is: the masks that follow
 * from its selections, that its network after the removal is zero under them and unchanged by them, and how good that
 * network is.
 */
class GoldenMaskTest {
    private final Backend backend = Backends.open("auto", BackendOptions.standard());

    static Stream<GoldenCase> masked() {
        return GoldenCase.all()
                .filter(c -> c.wg() == WeightGroup.WEIGHT && Files.exists(c.folder.resolve("mask.safetensors")));
    }

    private static Masks masks(GoldenCase golden) {
        List<LayerState> layers = new ArrayList<>();
        for (GoldenCase.Layer layer : golden.layers) {
            int groups = layer.groups(WeightGroup.WEIGHT).count();
            boolean[] stays = new boolean[groups];
            for (int index : layer.ints("kept")) stays[index] = true;
            List<Integer> pruned = new ArrayList<>();
            for (int g = 0; g < groups; g++) if (!stays[g]) pruned.add(g);
            Selection selection = Selection.of(
                    groups, pruned.stream().mapToInt(Integer::intValue).toArray());
            layers.add(LayerState.chosen(layer.name(), layer.groups(WeightGroup.WEIGHT), selection));
        }
        return Masks.of(layers);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("masked")
    void masksFollowFromTheSelectionAndFitTheMaskedNetwork(GoldenCase golden) throws IOException {
        Masks masks = masks(golden);
        StateDict recorded = golden.weights("mask");
        StateDict after = golden.weights("final");
        int zeros = 0;
        for (String layer : recorded.names()) {
            float[] mask = masks.of(layer + ".weight");
            assertArrayEquals(recorded.get(layer).values(), mask, layer);
            float[] weights = after.get(layer + ".weight").values();
            for (int i = 0; i < mask.length; i++) {
                if (mask[i] == 0) zeros++;
                assertEquals(mask[i] == 0, weights[i] == 0, layer + " element " + i);
            }
        }
        assertEquals(
                masks.counts().values().stream().mapToInt(Integer::intValue).sum(), zeros);
        String arch = golden.settings.get("arch").textValue();
        try (Module net = Networks.create(arch, backend, 3, 32, 10)) {
            after.loadInto(net);
            masks.apply(net);
            StateDict masked = StateDict.of(net);
            for (String name : masked.names()) {
                float[] wanted = after.get(name).values();
                float[] got = masked.get(name).values();
                for (int i = 0; i < wanted.length; i++) assertTrue(wanted[i] == got[i], name + " element " + i);
            }
            evaluate(golden, net);
        }
    }

    private static void evaluate(GoldenCase golden, Module net) throws IOException {
        String data = System.getProperty("greg.golden.data");
        Assumptions.assumeTrue(data != null, "evaluating needs -Dgreg.golden.data=DIR");
        Score score = new Evaluator(Cifar.cifar10(Path.of(data)).test(), Normalization.IMAGENET, 113).evaluate(net);
        var recorded = new ObjectMapper()
                .readTree(golden.folder.resolve("metrics.json").toFile())
                .get("test_right_after_pruning");
        assertEquals(recorded.get("total").longValue(), score.records());
        assertEquals(recorded.get("correct").longValue(), score.top1());
        assertEquals(recorded.get("loss").doubleValue(), score.loss(), 1e-4);
    }
}
