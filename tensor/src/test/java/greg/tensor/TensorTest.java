package greg.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TensorTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    @ParameterizedTest
    @MethodSource(DEVICES)
    void valuesComeBackAsTheyWent(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float[] values = Patterns.values(7, 23, Shape.of(2, 3, 2, 2));
        try (Tensor t = Tensor.of(backend, Shape.of(2, 3, 2, 2), values);
                Tensor full = Tensor.full(backend, Shape.of(3), 1.5f)) {
            assertArrayEquals(values, t.toHost());
            assertArrayEquals(new float[] {1.5f, 1.5f, 1.5f}, full.toHost());
            values[3] = 99;
            t.set(values);
            assertArrayEquals(values, t.toHost());
            values[3] = 0;
            assertEquals(99, t.toHost()[3], "the tensor must not share the host's array");
            assertFalse(t.requiresGrad());
            assertNull(t.node());
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void integersHaveTheirOwnType(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor t = Tensor.ofInts(backend, Shape.of(3), 7, -1, Integer.MAX_VALUE)) {
            int[] out = new int[3];
            backend.transfer().download(t.storage(), out);
            assertArrayEquals(new int[] {7, -1, Integer.MAX_VALUE}, out);
            assertEquals(DType.INT32, t.storage().type());
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void closingFreesTheMemory(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long baseline = backend.memory().liveBytes();
        Tensor t = Tensor.full(backend, Shape.of(4, 4), 0);
        assertEquals(baseline + 64, backend.memory().liveBytes());
        t.close();
        assertEquals(baseline, backend.memory().liveBytes());
        assertThrows(KernelException.class, t::close);
        assertThrows(KernelException.class, t::toHost);
    }

    @Test
    void parametersWantGradientsAndHaveNoneAtFirst() {
        try (Backend backend = new ReferenceBackend();
                Tensor p = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            assertTrue(p.requiresGrad());
            assertNull(p.gradient());
            assertEquals("Tensor(2) requiresGrad on reference", p.toString());
            assertEquals(
                    "gradient of (2): run Backprop first, inside the scope",
                    assertThrows(IllegalStateException.class, p::gradientToHost).getMessage());
        }
    }

    @Test
    void itemIsForOneElement() {
        try (Backend backend = new ReferenceBackend();
                Tensor scalar = Tensor.of(backend, Shape.of(), 3);
                Tensor one = Tensor.of(backend, Shape.of(1, 1), 4);
                Tensor two = Tensor.of(backend, Shape.of(2), 5, 6)) {
            assertEquals(3, scalar.item());
            assertEquals(4, one.item());
            assertEquals(
                    "item: expected one element, shape is (2)",
                    assertThrows(IllegalStateException.class, two::item).getMessage());
        }
    }

    @Test
    void refusesAnotherNumberOfValues() {
        try (Backend backend = new ReferenceBackend();
                Tensor t = Tensor.full(backend, Shape.of(2, 2), 0)) {
            String expected = "tensor: shape (2, 2) needs 4 values, got 3";
            Shape shape = t.shape();
            assertEquals(expected, refusal(() -> Tensor.of(backend, shape, 1, 2, 3)));
            assertEquals(expected, refusal(() -> Tensor.parameter(backend, shape, 1, 2, 3)));
            assertEquals(expected, refusal(() -> Tensor.ofInts(backend, shape, 1, 2, 3)));
            assertEquals("set: shape (2, 2) needs 4 values, got 1", refusal(() -> t.set(1)));
            assertEquals(
                    "tensor: shape (3) has 3 elements, the storage 4",
                    refusal(() -> Tensor.wrap(backend, Shape.of(3), t.storage())));
            assertEquals(16, backend.memory().liveBytes(), "an error must not leak");
        }
    }

    private static String refusal(Executable e) {
        return assertThrows(IllegalArgumentException.class, e).getMessage();
    }
}
