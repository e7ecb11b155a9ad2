package greg.pruning.ratios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.Layer;
import greg.pruning.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SkipLayersTest {
    private static final List<Layer> RESNET110 = Nets.of("resnet110", 8).layers();

    private static List<String> skipped(String text, List<Layer> net) {
        SkipLayers skip = SkipLayers.parse(text);
        return net.stream().filter(skip::matches).map(Layer::name).toList();
    }

    @Test
    void stageBlockConv() {
        assertEquals(List.of("layer2.3.conv1", "layer2.3.conv2"), skipped("[2.3]", RESNET110));
        assertEquals(List.of("layer2.3.conv2"), skipped("[2.3.1]", RESNET110));
        assertEquals(36, skipped("3", RESNET110).size());
        assertEquals(List.of(), skipped("", RESNET110));
        assertEquals(List.of(), skipped("[]", RESNET110));
    }

    @Test
    void aPrefixAsTextWithAWarning() {
        assertEquals(2 * 9, skipped("[1.1]", RESNET110).size(), "blocks 1 and 10 to 17");
        List<String> warnings = new ArrayList<>();
        SkipLayers.parse("[1.1, 2.3]").check(RESNET110, warnings);
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains("'1.1' also matches layer1.10.conv1 (1.10.0)"), warnings.get(0));
    }

    @Test
    void indicesAndNames() {
        assertEquals(List.of("features.2"), skipped("[1]", Nets.vgg(16).layers()));
        assertEquals(
                List.of("features.2", "classifier"),
                skipped("[1,class*]", Nets.vgg(16).layers()));
        assertEquals(List.of("layer1.0.conv1"), skipped("layer1.0.conv1", RESNET110));
    }

    @Test
    void mistakes() {
        for (String bad : new String[] {"[1.0,]", "[1..0]", "[1.0.0.0]", "[a b]"}) {
            assertThrows(IllegalArgumentException.class, () -> SkipLayers.parse(bad), bad);
        }
        for (String absent : new String[] {"[4.7]", "[9]", "[nothing]"}) {
            SkipLayers skip = SkipLayers.parse(absent);
            assertThrows(IllegalArgumentException.class, () -> skip.check(RESNET110, new ArrayList<>()), absent);
        }
    }
}
