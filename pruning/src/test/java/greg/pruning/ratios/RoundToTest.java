package greg.pruning.ratios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.SettingException;
import greg.nn.model.Networks;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.select.Selection;
import greg.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link Target#roundTo}. */
class RoundToTest {
    /** What is left of 16, 32 and 64 filters. */
    private static List<Integer> left(String ratios, int roundTo, Granularity granularity) {
        try (DryBackend dry = new DryBackend();
                NnModule net = Networks.create("resnet20", dry, 3, 32, 10)) {
            ChannelGraph graph = ChannelGraph.trace(net, Shape.of(1, 3, 32, 32));
            Target target = new Target(PruningRatios.parse(ratios), SkipLayers.NONE, null, false, false, roundTo);
            Target.Resolved resolved = target.resolve(graph, granularity);
            return List.of("layer1.0.conv1", "layer2.0.conv1", "layer3.0.conv1").stream()
                    .map(resolved::of)
                    .map(t -> {
                        int groups = granularity.index(t.layer()).count();
                        return groups - Selection.count(t.ratio(), groups);
                    })
                    .toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0.5,1,8,16,32", // as the ratio says
        "0.7,1,4,9,19",
        "0.7,8,8,8,16", // 4 -> at least 8; 9 -> 8; 19 -> 16
        "0.7,16,16,16,16",
        "0.62,8,8,16,24", // 12 lies between 8 and 16: half is rounded up
        "0.9,3,3,3,6", // 1, 3, 6
        "0.5,24,16,24,24", // no more than there are
        "0.01,16,16,32,64" // what is nearest may be all
    })
    void multiplesAreLeft(String ratio, int roundTo, int first, int second, int third) {
        assertEquals(List.of(first, second, third), left(ratio, roundTo, Granularity.FILTER));
    }

    @Test
    void whatTheScoresDecideCannotBeRounded() {
        for (Granularity granularity : List.of(Granularity.FILTER, Granularity.WEIGHT)) {
            String ratios = granularity == Granularity.FILTER ? "-1" : "0.5";
            String message = assertThrows(SettingException.class, () -> left(ratios, 8, granularity))
                    .getMessage();
            assertTrue(message.startsWith("roundTo: expected ratios in [0, 1)"), message);
        }
        assertThrows(SettingException.class, () -> left("0.5", 0, Granularity.FILTER));
    }
}
