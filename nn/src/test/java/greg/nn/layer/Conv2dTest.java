package greg.nn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Options and what they make of shapes; the numbers are Conv2dOpTest's. */
class Conv2dTest {
    private static final Conv2dOptions DEFAULT = Conv2dOptions.DEFAULT;
    private final Backend backend = new DryBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    /** The output of an image (2, C, 12, 20). */
    private Shape output(Conv2d conv) {
        int in = conv.weight().tensor().shape().dim(1) * conv.groups();
        try (NnModule net = conv;
                Scope scope = Scope.open()) {
            return net.call(scope.own(Tensor.full(backend, Shape.of(2, in, 12, 20), 0)))
                    .shape();
        }
    }

    @Test
    void anOptionChangesNothingButItself() {
        assertEquals(new Conv2dOptions(1, 1, 0, 0, 1, 1, 1), DEFAULT);
        assertEquals(
                new Conv2dOptions(2, 3, 4, 5, 6, 7, 8),
                DEFAULT.stride(2, 3).padding(4, 5).dilation(6, 7).groups(8));
        assertEquals(
                new Conv2dOptions(2, 2, 4, 4, 6, 6, 1),
                DEFAULT.dilation(6).padding(4).stride(2));
    }

    /** floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, PyTorch's formula, in each direction. */
    @Test
    void eachOptionReachesItsDirection() {
        assertEquals(Shape.of(2, 7, 10, 18), output(new Conv2d(backend, 3, 7, 3, DEFAULT)));
        assertEquals(Shape.of(2, 7, 12, 20), output(new Conv2d(backend, 3, 7, 3, DEFAULT.padding(1))));
        assertEquals(Shape.of(2, 7, 12, 20), output(new Conv2d(backend, 3, 7, 1, 7, DEFAULT.padding(0, 3), false)));
        assertEquals(Shape.of(2, 7, 5, 6), output(new Conv2d(backend, 3, 7, 3, DEFAULT.stride(2, 3))));
        assertEquals(Shape.of(2, 7, 8, 14), output(new Conv2d(backend, 3, 7, 3, DEFAULT.dilation(2, 3))));
        assertEquals(Shape.of(2, 4, 12, 20), output(new Conv2d(backend, 6, 4, 1, DEFAULT.groups(2))));
    }

    @Test
    void weightsAndBias() {
        try (Conv2d grouped = new Conv2d(backend, 6, 4, 5, 3, DEFAULT.groups(2), false);
                Conv2d plain = new Conv2d(backend, 6, 4, 3, DEFAULT)) {
            assertEquals(Shape.of(4, 3, 5, 3), grouped.weight().tensor().shape());
            assertNull(grouped.bias());
            assertNotNull(plain.bias());
            assertEquals(Shape.of(4), plain.bias().tensor().shape());
        }
    }

    @Test
    void refusals() {
        for (Runnable wrong : new Runnable[] {
            () -> DEFAULT.stride(0), () -> DEFAULT.dilation(1, 0), () -> DEFAULT.groups(0), () -> DEFAULT.padding(-1)
        }) {
            String message =
                    assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
            assertTrue(message.startsWith("conv2d: "), message);
        }
        assertEquals(
                "Conv2d: channels 6 -> 4 are not divisible by groups 3",
                assertThrows(IllegalArgumentException.class, () -> new Conv2d(backend, 6, 4, 3, DEFAULT.groups(3)))
                        .getMessage());
    }
}
