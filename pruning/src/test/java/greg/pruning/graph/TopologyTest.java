package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.CifarResNet;
import greg.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyTest {
    @Test
    void stagesAndBlocksOfAResNetAreReadOffTheTrace() {
        try (Backend backend = Backends.open("reference", BackendOptions.standard());
                NnModule net = new CifarResNet(backend, 20, 3, 10)) {
            List<PrunableLayer> layers = Topology.describe(ChannelGraph.trace(net, Shape.of(1, 3, 8, 8)));
            assertEquals(20, layers.size());
            for (int i = 0; i < 20; i++) {
                PrunableLayer layer = layers.get(i);
                assertEquals(i, layer.index(), layer.name());
                if (i == 0 || i == 19) {
                    assertEquals(i == 0 ? 0 : 4, layer.stage(), layer.name());
                    assertEquals(i == 19, layer.linear(), layer.name());
                    assertEquals(-1, layer.block(), layer.name());
                    continue;
                }
                int stage = (i - 1) / 6 + 1;
                int block = (i - 1) % 6 / 2;
                int conv = (i - 1) % 2;
                assertEquals("layer" + stage + "." + block + ".conv" + (conv + 1), layer.name());
                assertEquals(List.of(stage, block, conv), List.of(layer.stage(), layer.block(), layer.conv()));
                assertEquals(conv == 1, layer.lastInBlock(), layer.name());
                assertEquals(conv == 1, layer.outputFixed(), layer.name());
                assertEquals(conv == 0, layer.inputFixed(), layer.name());
            }
        }
    }
}
