package greg.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.kernels.reference.ReferenceBackend;
import greg.kernels.spec.Conv2dOptions;
import greg.tensor.op.AddOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.ReluOp;
import greg.tensor.testing.Patterns;
import greg.tensor.testing.Projection;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceTest {
    private static List<String> names(Trace trace) {
        return trace.nodes().stream().map(node -> node.op().name()).toList();
    }

    private static Tensor network(Tensor x, Tensor w) {
        Tensor a = ReluOp.apply(Conv2dOp.apply(x, w, null, Conv2dOptions.DEFAULT.padding(1)));
        return FlattenOp.apply(AddOp.apply(a, x));
    }

    @Test
    void recordsEveryOpInOrderWantedGradientsOrNot() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Patterns.constant(backend, 7, 23, 1, 2, 3, 3);
                Tensor w = Patterns.parameter(backend, 5, 17, 2, 2, 3, 3)) {
            try (NoGrad off = NoGrad.begin();
                    Trace trace = Trace.begin()) {
                Tensor y = network(x, w);
                assertEquals(List.of("Conv2d", "Relu", "Add", "Flatten"), names(trace));
                assertSame(y, trace.nodes().get(3).output());
                assertFalse(y.requiresGrad());
                for (int i = 1; i < 4; i++) {
                    assertTrue(trace.nodes().get(i - 1).order()
                            < trace.nodes().get(i).order());
                }
            }
        }
    }

    /** The same structure without computing anything: sizes no machine could hold are traced as well. */
    @Test
    void recordsOnTheDryBackend() {
        try (Backend backend = new DryBackend();
                Scope scope = Scope.open();
                Tensor x = Tensor.full(backend, Shape.of(100_000, 2, 100, 100), 0);
                Tensor w = Tensor.full(backend, Shape.of(2, 2, 3, 3), 0);
                Trace trace = Trace.begin()) {
            Tensor y = network(x, w);
            assertEquals(List.of("Conv2d", "Relu", "Add", "Flatten"), names(trace));
            assertEquals(Shape.of(100_000, 20_000), y.shape());
            assertEquals(
                    100_000L * 2 * 100 * 100 * 2 * 9, trace.nodes().get(0).op().macs());
        }
    }

    /** Structure can be followed from the output back: every input is a leaf or some node's output. */
    @Test
    void nodesAreLinkedThroughTheirTensors() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Patterns.constant(backend, 7, 23, 1, 2, 3, 3);
                Tensor w = Patterns.constant(backend, 5, 17, 2, 2, 3, 3);
                Trace trace = Trace.begin()) {
            network(x, w);
            List<Node> nodes = trace.nodes();
            assertEquals(List.of(x, w), nodes.get(0).inputs());
            assertSame(nodes.get(0), nodes.get(1).inputs().get(0).node());
            assertSame(nodes.get(1), nodes.get(2).inputs().get(0).node());
            assertSame(x, nodes.get(2).inputs().get(1));
            assertNull(x.node());
            assertEquals(new ChannelMap.Fresh(1), nodes.get(0).op().channels());
            assertEquals(new ChannelMap.Same(), nodes.get(1).op().channels());
            assertEquals(new ChannelMap.Tied(1), nodes.get(2).op().channels());
            assertEquals(new ChannelMap.Repeat(9), nodes.get(3).op().channels());
            assertEquals(2 * 2 * 9 * 9, nodes.get(0).op().macs());
            assertEquals(0, nodes.get(1).op().macs());
        }
    }

    @Test
    void endsWhenClosedAndTheOuterOneGoesOn() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Patterns.constant(backend, 7, 23, 2, 3);
                Trace outer = Trace.begin()) {
            ReluOp.apply(x);
            try (Trace inner = Trace.begin()) {
                AddOp.apply(x, x);
                assertEquals(List.of("Add"), names(inner));
            }
            ReluOp.apply(x);
            assertEquals(List.of("Relu", "Relu"), names(outer));
            outer.close();
            assertNull(ReluOp.apply(x).node(), "no trace and no gradient: no node");
            assertEquals(2, outer.nodes().size());
        }
    }

    @Test
    void aTracedForwardCanBeDifferentiated() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Patterns.parameter(backend, 7, 23, 2, 3);
                Trace trace = Trace.begin()) {
            Tensor y = AddOp.apply(x, x);
            Backprop.run(Projection.apply(y, Patterns.projection(y.shape())));
            assertEquals(List.of("Add", "Projection"), names(trace), "a backward pass records nothing");
            float[] expected = Patterns.projection(y.shape());
            for (int i = 0; i < expected.length; i++) expected[i] *= 2;
            assertArrayEquals(expected, x.gradientToHost());
        }
    }
}
