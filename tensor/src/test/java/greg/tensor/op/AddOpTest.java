package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The expected gradients are counts of the paths from the sum back to the input. */
class AddOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final Shape SHAPE = Shape.of(2, 3, 2, 2);

    private static float[] times(float factor, float[] values) {
        float[] out = values.clone();
        for (int i = 0; i < out.length; i++) out[i] *= factor;
        return out;
    }

    // PyTorch:
    // a, b = pat(7, 23, 2, 3, 2, 2), pat(5, 17, 2, 3, 2, 2)
    // y = a + b
    // project(y)
    // show(Y=y, DA=a.grad, DB=b.grad)
    private static final float[] Y = Patterns.numbers(
            """
            -2.375 -0.875 0.625 2.125 -1.375 0.125 1.625 -1.875 -0.375 1.125 -0.25 -0.875 0.625 2.125 -1.375
            0.125 1.625 -1.875 -0.375 1.125 -0.25 -0.875 0.625 -0.75""");
    private static final float[] DA = Patterns.numbers(
            """
            -1.125 0.25 -0.75 0.625 -0.375 1 0 -1 0.375 -0.625 0.75 -0.25 1.125 0.125 -0.875 0.5 -0.5 0.875
            -0.125 -1.125 0.25 -0.75 0.625 -0.375""");
    private static final float[] DB = Patterns.numbers(
            """
            -1.125 0.25 -0.75 0.625 -0.375 1 0 -1 0.375 -0.625 0.75 -0.25 1.125 0.125 -0.875 0.5 -0.5 0.875
            -0.125 -1.125 0.25 -0.75 0.625 -0.375""");

    // PyTorch:
    // a, b = pat(7, 23, 2, 3, 2, 2), pat(5, 17, 2, 3, 2, 2)
    // s = a + b
    // y = (s + a) + (F.relu(s) + (b + s))
    // project(y)
    // show(NET_Y=y, NET_DA=a.grad, NET_DB=b.grad)
    private static final float[] NET_Y = Patterns.numbers(
            """
            -7.125 -2.625 2.5 8.5 -4.125 0.5 6.5 -5.625 -1.125 4.5 -0.75 -2.625 2.5 8.5 -4.125 0.5 6.5 -5.625
            -1.125 4.5 -0.75 -2.625 2.5 -2.25""");
    private static final float[] NET_DA = Patterns.numbers(
            """
            -3.375 0.75 -3 2.5 -1.125 4 0 -3 1.125 -2.5 2.25 -0.75 4.5 0.5 -2.625 2 -2 2.625 -0.375 -4.5 0.75
            -2.25 2.5 -1.125""");
    private static final float[] NET_DB = Patterns.numbers(
            """
            -3.375 0.75 -3 2.5 -1.125 4 0 -3 1.125 -2.5 2.25 -0.75 4.5 0.5 -2.625 2 -2 2.625 -0.375 -4.5 0.75
            -2.25 2.5 -1.125""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.run(() -> AddOp.apply(a, b), a, b).expect(0, 0, SHAPE, Y, DA, DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void aTensorPlusItself(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2)) {
            float[] twice = times(2, Patterns.values(7, 23, SHAPE));
            GradCheck.run(() -> AddOp.apply(x, x), x).expect(0, 0, SHAPE, twice, times(2, Patterns.projection(SHAPE)));
        }
    }

    /** x doubled n times: 2^n paths, and every intermediate has one storage as both of its gradients. */
    @ParameterizedTest
    @MethodSource(DEVICES)
    void doublingChain(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2)) {
            GradCheck.run(
                            () -> {
                                Tensor y = x;
                                for (int i = 0; i < 6; i++) y = AddOp.apply(y, y);
                                return y;
                            },
                            x)
                    .expect(
                            0,
                            0,
                            SHAPE,
                            times(64, Patterns.values(7, 23, SHAPE)),
                            times(64, Patterns.projection(SHAPE)));
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void sumsThatShareTheirTerms(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.run(
                            () -> {
                                Tensor s = AddOp.apply(a, b);
                                Tensor right = AddOp.apply(ReluOp.apply(s), AddOp.apply(b, s));
                                return AddOp.apply(AddOp.apply(s, a), right);
                            },
                            a,
                            b)
                    .expect(0, 0, SHAPE, NET_Y, NET_DA, NET_DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneSideWantsNoGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.constant(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.run(() -> AddOp.apply(a, b), a, b).expect(0, 0, SHAPE, Y, DB);
            GradCheck.run(() -> AddOp.apply(b, a), a, b).expect(0, 0, SHAPE, Y, DB);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.numeric(() -> AddOp.apply(a, b), 0.5, 1e-5, a, b);
            GradCheck.numeric(() -> AddOp.apply(AddOp.apply(a, b), a), 0.5, 1e-5, a, b);
        }
    }

    @Test
    void refusesDifferentShapes() {
        try (Backend backend = new ReferenceBackend();
                Tensor a = Patterns.constant(backend, 7, 23, 2, 3);
                Tensor b = Patterns.constant(backend, 7, 23, 3, 2)) {
            assertEquals(
                    "add: expected second input of shape (2, 3), got (3, 2)",
                    assertThrows(IllegalArgumentException.class, () -> AddOp.apply(a, b))
                            .getMessage());
        }
    }
}
