package greg.nn.cost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.dry.DryBackend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.StateDict;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.BiasOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.FlattenOp;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Against counts by the reference implementation of the paper (its printed parameters and FLOPs, and all parameters
 * by PyTorch), batch 1.
 */
class CostModelTest {
    private final Backend backend = new DryBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    private void check(String arch, int channels, int classes, long params, long allParams, long flops) {
        try (NnModule net = Networks.create(arch, backend, channels, 32, classes)) {
            CostModel cost = CostModel.of(net, channels, 32, 32);
            assertEquals(params, cost.params(), arch + ": parameters as printed");
            assertEquals(allParams, cost.allParams(), arch + ": all parameters");
            assertEquals(flops, 2 * cost.macs(), arch + ": FLOPs, two per multiply-accumulate");
        }
    }

    @Test
    void resNet20() {
        check("resnet20", 3, 10, 268346, 269722, 81102080);
    }

    @Test
    void resNet56() {
        check("resnet56", 3, 10, 848954, 853018, 250971392);
    }

    @Test
    void vgg19OnCifar100() {
        check("vgg19", 3, 100, 20070180, 20081188, 796364800);
    }

    @Test
    void leNet5() {
        check("lenet5", 1, 10, 61706, 61706, 833040);
    }

    @Test
    void narrowVgg() {
        int[] cfg = {8, 0, 16, 0, 32, 32, 0, 48, 48, 0, 48, 48};
        try (NnModule net = new Vgg(backend, cfg, true, 3, 10)) {
            CostModel cost = CostModel.of(net, 3, 32, 32);
            assertEquals(91714, cost.params());
            assertEquals(4240320, 2 * cost.macs());
        }
    }

    @Test
    void layersInOrder() {
        try (NnModule net = Networks.create("lenet5", backend, 1, 28, 10)) {
            List<LayerCost> layers = CostModel.of(net, 1, 28, 28).layers();
            assertEquals(
                    List.of("conv1", "conv2", "conv3", "fc1", "fc2"),
                    layers.stream().map(LayerCost::name).toList());
            assertEquals(
                    new LayerCost(
                            "conv2.weight", "Conv2d", Shape.of(16, 6, 5, 5), Shape.of(1, 16, 10, 10), 2416, 240000),
                    layers.get(1));
            assertEquals(
                    new LayerCost("fc1.weight", "Linear", Shape.of(84, 120), Shape.of(1, 84), 10164, 10080),
                    layers.get(3));
        }
    }

    @Test
    void leavesTheNetworkAsItWas() {
        try (Backend computing = Backends.open("reference", BackendOptions.standard());
                NnModule net = new Vgg(computing, new int[] {2, 0, 3}, true, 1, 2)) {
            NnModule classifier = net.children().get("classifier");
            classifier.eval();
            StateDict before = StateDict.of(net);
            long live = computing.memory().liveBytes();
            CostModel.of(net, 1, 8, 8);
            assertEquals(live, computing.memory().liveBytes());
            StateDict after = StateDict.of(net);
            for (String name : before.names()) {
                assertArrayEquals(before.get(name).values(), after.get(name).values(), name);
            }
            assertTrue(net.isTraining());
            assertTrue(net.children().get("features").isTraining());
            assertFalse(classifier.isTraining());
        }
    }

    /** One Linear applied twice: its weights are stored once, its work is done twice. */
    private static final class Twice extends NnModule {
        private final Linear shared;

        Twice(Backend backend) {
            super(backend);
            shared = child("shared", new Linear(backend, 4, 4, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            return shared.forward(shared.forward(FlattenOp.apply(x)));
        }
    }

    /** Two convolutions in one module, neither with a parameter called weight, and an offset that is an op of its own. */
    private static final class Two extends NnModule {
        private final Parameter first;
        private final Parameter second;
        private final Parameter offset;

        Two(Backend backend) {
            super(backend);
            first = parameter("first", Shape.of(4, 3, 3, 3));
            second = parameter("second", Shape.of(2, 4, 1, 1));
            offset = parameter("offset", Shape.of(2));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = Conv2dOp.apply(x, first.tensor(), null, Conv2dOptions.DEFAULT.padding(1));
            y = Conv2dOp.apply(y, second.tensor(), null, Conv2dOptions.DEFAULT);
            return BiasOp.apply(y, offset.tensor(), false);
        }
    }

    @Test
    void aModuleMayOwnTwoWeightsUnderAnyName() {
        try (NnModule net = new Two(backend)) {
            CostModel cost = CostModel.of(net, 3, 5, 5);
            assertEquals(
                    List.of(
                            new LayerCost("first", "Conv2d", Shape.of(4, 3, 3, 3), Shape.of(1, 4, 5, 5), 108, 2700),
                            new LayerCost("second", "Conv2d", Shape.of(2, 4, 1, 1), Shape.of(1, 2, 5, 5), 10, 200)),
                    cost.layers());
            assertEquals("first", cost.layers().get(0).name());
            assertEquals(118, cost.allParams());
        }
    }

    @Test
    void sharedWeightsCountOnce() {
        try (NnModule net = new Twice(backend)) {
            CostModel cost = CostModel.of(net, 1, 2, 2);
            assertEquals(20, cost.params());
            assertEquals(32, cost.macs());
            assertEquals(2, cost.layers().size());
        }
    }
}
