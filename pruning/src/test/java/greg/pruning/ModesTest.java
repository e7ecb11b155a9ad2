package greg.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.Vgg;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.report.SpeedMeter;
import greg.pruning.study.Jacobian;
import greg.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever runs a network in evaluation mode leaves every module in its previous mode, frozen ones too. */
class ModesTest {
    private static final Shape IMAGE = Shape.of(1, 1, 8, 8);

    @TestFactory
    List<DynamicTest> everyModuleKeepsItsOwnMode() {
        return List.of(
                DynamicTest.dynamicTest("trace", () -> check(net -> ChannelGraph.trace(net, IMAGE))),
                DynamicTest.dynamicTest("jacobian", () -> check(net -> Jacobian.of(net, IMAGE, new float[64]))),
                DynamicTest.dynamicTest("speed", () -> check(net -> SpeedMeter.measure(net, net, IMAGE, 1))));
    }

    private static void check(Consumer<NnModule> look) {
        try (Backend backend = Backends.open("reference", BackendOptions.standard());
                NnModule net = new Vgg(backend, new int[] {2, 0, 3}, true, 1, 2)) {
            net.children().get("features").children().get("1").eval();
            Map<String, Boolean> before = modes(net);
            look.accept(net);
            assertEquals(before, modes(net));
        }
    }

    private static Map<String, Boolean> modes(NnModule net) {
        Map<String, Boolean> modes = new LinkedHashMap<>();
        net.visit((path, m) -> modes.put(path, m.isTraining()));
        return modes;
    }
}
