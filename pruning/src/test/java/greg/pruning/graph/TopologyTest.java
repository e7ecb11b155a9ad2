package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.Layer.Place;
import greg.pruning.testing.Nets;
import greg.pruning.testing.SpotNets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TopologyTest {
    @Test
    void stagesAndBlocksOfAResNetAreReadOffTheTrace() {
        List<Layer> layers = Nets.of("resnet20", 8).layers();
        assertEquals(20, layers.size());
        for (int i = 0; i < 20; i++) {
            Layer layer = layers.get(i);
            if (i == 0 || i == 19) {
                assertEquals(new Place(i, i == 0 ? 0 : 4, -1, -1), layer.place(), layer.name());
                assertEquals(i == 19, layer.linear(), layer.name());
                continue;
            }
            int stage = (i - 1) / 6 + 1;
            int block = (i - 1) % 6 / 2;
            int conv = (i - 1) % 2;
            assertEquals("layer" + stage + "." + block + ".conv" + (conv + 1), layer.name());
            assertEquals(layer.name() + ".weight", layer.parameter());
            assertEquals(new Place(i, stage, block, conv), layer.place());
        }
    }

    /** The numbers are those that the reference implementation gave the layers of its ResNet-50 (a4044028). */
    @Test
    void aProjectionShortcutStandsBehindItsOwnBlock() {
        List<Layer> layers = Nets.of("resnet50", 32).layers();
        Map<String, Integer> indices = layers.stream().collect(Collectors.toMap(Layer::name, Layer::index));
        assertEquals(3, indices.get("layer1.0.conv3"));
        assertEquals(3, indices.get("layer1.0.downsample.0"));
        assertEquals(4, indices.get("layer1.1.conv1"));
        assertEquals(12, indices.get("layer2.0.downsample.0"));
        assertEquals(24, indices.get("layer3.0.downsample.0"));
        assertEquals(42, indices.get("layer4.0.downsample.0"));
        assertEquals(43, indices.get("layer4.1.conv1"));
        assertEquals(49, indices.get("fc"));
        int at = layers.stream().map(Layer::name).toList().indexOf("layer2.0.downsample.0");
        assertEquals("layer2.0.conv3", layers.get(at - 1).name());
        assertEquals("layer2.1.conv1", layers.get(at + 1).name());
        assertEquals(new Place(12, 2, 0, -1), layers.get(at).place());
        assertTrue(layers.get(at).shortcut());
        assertFalse(layers.get(at - 1).shortcut());
    }

    /** Blocks with stride 2 or another width have no addition; they belong to the stage of the next one that has. */
    @Test
    void blocksWithoutAResidualBelongToTheNextStage() {
        ChannelGraph graph = Nets.of("mobilenet_v2", 32);
        Map<String, Integer> stages = Map.of(
                "features.0.0", 0,
                "features.2.conv.0.0", 0,
                "features.3.conv.0.0", 1,
                "features.4.conv.0.0", 2,
                "features.4.conv.2", 2,
                "features.6.conv.2", 2,
                "features.14.conv.1.0", 5,
                "features.17.conv.0.0", 5,
                "features.18.0", 5,
                "classifier.1", 6);
        stages.forEach((name, stage) -> assertEquals(stage, graph.layer(name).stage(), name));
        assertEquals(-1, graph.layer("features.4.conv.0.0").place().block());
        for (int i = 0; i < graph.layers().size(); i++)
            assertEquals(i, graph.layers().get(i).index());
    }

    @Test
    void whatStandsInFrontOfTheFirstBlockIsStageZero() {
        ChannelGraph graph = Nets.of(SpotNets::plainFront);
        for (int i = 1; i <= 5; i++)
            assertEquals(new Place(i - 1, 0, -1, -1), graph.layer("c" + i).place());
        assertEquals(new Place(5, 1, 0, 0), graph.layer("inner").place());
        assertEquals(new Place(6, 1, 0, 1), graph.layer("last").place());
        assertEquals(new Place(7, 2, -1, -1), graph.layer("fc").place());
    }

    @Test
    void aBlockInsideAnotherKeepsItsLayers() {
        ChannelGraph graph = Nets.of(SpotNets::nested);
        assertEquals(new Place(2, 1, 0, 0), graph.layer("inner1").place());
        assertEquals(new Place(3, 1, 0, 1), graph.layer("inner2").place());
        assertEquals(0, graph.layer("outer1").place().conv());
        assertEquals(1, graph.layer("outer2").place().conv());
        assertEquals(2, graph.layer("outer2").stage(), "6 channels, the inner block has 8");
    }

    @Test
    void aNetworkWithoutAdditionsHasNoStages() {
        for (Layer layer : Nets.vgg(3).layers()) {
            assertEquals(-1, layer.stage());
            assertFalse(layer.staged());
        }
    }
}
