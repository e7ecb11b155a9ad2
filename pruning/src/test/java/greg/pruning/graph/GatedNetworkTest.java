package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import greg.kernels.Backend;
import greg.kernels.reference.ReferenceBackend;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.nn.NnModule;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.pruning.surgery.Removal;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.GateOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.MulOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ReluOp;
import greg.tensor.op.SigmoidOp;
import greg.tensor.op.SiluOp;
import greg.tensor.op.UpsampleNearestOp;
import org.junit.jupiter.api.Test;

/**
 * Surgery where channels meet in products, and across an upsampling: the cut network has the same outputs as the silenced
 * one.
 */
class GatedNetworkTest {
    private static final Shape IMAGE = Shape.of(1, 3, 6, 6);
    private static final Kind AVG = Kind.AVG;
    private static final Conv2dOptions SAME = Conv2dOptions.DEFAULT.padding(1);

    /** Gates from two linear layers for the first convolution, from two 1x1 convolutions for the second. */
    private static final class SqueezeAndExcite extends NnModule {
        private final Conv2d first = child("first", new Conv2d(backend(), 3, 8, 3, SAME));
        private final Linear squeeze = child("squeeze", new Linear(backend(), 8, 4, true));
        private final Linear excite = child("excite", new Linear(backend(), 4, 8, true));
        private final Conv2d second = child("second", new Conv2d(backend(), 8, 6, 3, SAME));
        private final Conv2d narrow = child("narrow", new Conv2d(backend(), 6, 3, 1, Conv2dOptions.DEFAULT));
        private final Conv2d wide = child("wide", new Conv2d(backend(), 3, 6, 1, Conv2dOptions.DEFAULT));
        private final Linear fc = child("fc", new Linear(backend(), 6, 3, true));

        SqueezeAndExcite(Backend backend) {
            super(backend);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor a = SiluOp.apply(first.forward(x));
            Tensor s = ReluOp.apply(squeeze.forward(GlobalAveragePoolOp.apply(a)));
            Tensor b = SiluOp.apply(second.forward(GateOp.apply(a, SigmoidOp.apply(excite.forward(s)))));
            Tensor t = SiluOp.apply(narrow.forward(Pool2dOp.apply(b, AVG, 6, 1, 0, false)));
            Tensor gated = GateOp.apply(b, SigmoidOp.apply(wide.forward(t)));
            return fc.forward(GlobalAveragePoolOp.apply(gated));
        }
    }

    /** Down, up again, the skip connection beside it, and one branch as a mask for another. */
    private static final class UNet extends NnModule {
        private final Conv2d down = child("down", new Conv2d(backend(), 3, 6, 3, SAME));
        private final Conv2d bottom = child("bottom", new Conv2d(backend(), 6, 8, 3, SAME));
        private final Conv2d up = child("up", new Conv2d(backend(), 14, 5, 3, SAME));
        private final Conv2d mask = child("mask", new Conv2d(backend(), 14, 5, 1, Conv2dOptions.DEFAULT));
        private final Linear fc = child("fc", new Linear(backend(), 5, 3, true));

        UNet(Backend backend) {
            super(backend);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor a = ReluOp.apply(down.forward(x));
            Tensor b = SiluOp.apply(bottom.forward(Pool2dOp.apply(a, Kind.MAX, 2, 2, 0, false)));
            Tensor both = ConcatOp.apply(UpsampleNearestOp.apply(b, 2), a);
            Tensor masked = MulOp.apply(up.forward(both), SigmoidOp.apply(mask.forward(both)));
            return fc.forward(GlobalAveragePoolOp.apply(masked));
        }
    }

    private static Shape shape(NnModule net, String parameter) {
        return net.parameters().get(parameter).tensor().shape();
    }

    @Test
    void channelsLeaveWithTheirGates() {
        try (Backend backend = new ReferenceBackend();
                NnModule net = Silencer.randomize(new SqueezeAndExcite(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, IMAGE);
            Removal removal = new Removal(graph).filters("first", 0, 5, 7).filters("wide", 1);
            assertArrayEquals(new int[] {1, 2, 3, 4, 6}, removal.keptFilters().get("excite"));
            assertArrayEquals(new int[] {0, 2, 3, 4, 5}, removal.keptFilters().get("second"));
            Silencer.check(net, removal, IMAGE);
            assertEquals(Shape.of(4, 5), shape(net, "squeeze.weight"));
            assertEquals(Shape.of(5, 4), shape(net, "excite.weight"));
            assertEquals(Shape.of(3, 5, 1, 1), shape(net, "narrow.weight"));
        }
    }

    @Test
    void aSkipConnectionAndAMask() {
        try (Backend backend = new ReferenceBackend();
                NnModule net = Silencer.randomize(new UNet(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, IMAGE);
            Removal removal = new Removal(graph)
                    .filters("down", 2)
                    .filters("bottom", 0, 7)
                    .filters("mask", 4);
            Silencer.check(net, removal, IMAGE);
            assertEquals(Shape.of(4, 11, 3, 3), shape(net, "up.weight"));
            assertEquals(Shape.of(4, 11, 1, 1), shape(net, "mask.weight"));
        }
    }

    /** Unlike an addition, a product does not keep its channels from being removed by default. */
    @Test
    void factorsAreNotTied() {
        try (Backend backend = new ReferenceBackend();
                NnModule net = new SqueezeAndExcite(backend)) {
            ChannelGraph graph = ChannelGraph.trace(net, IMAGE);
            for (String layer : new String[] {"first", "excite", "second", "wide"}) {
                assertFalse(graph.tied(graph.layer(layer).rows()), layer);
                assertFalse(graph.group(layer, 0).fixed(), layer);
            }
        }
    }
}
