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

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. Products of eighths are exact. */
class MulOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final Shape SHAPE = Shape.of(2, 3, 2, 2);

    // PyTorch:
    // a, b = pat(7, 23, 2, 3, 2, 2), pat(5, 17, 2, 3, 2, 2)
    // y = a * b
    // project(y)
    // show(Y=y, DA=a.grad, DB=b.grad)
    private static final float[] Y = Patterns.numbers(
            """
            1.375 0.1875 0.09375 1.09375 0.46875 0 0.625 0.875 0.03125 0.28125 -1.25 0.1875 0.0625 1.03125
            0.46875 -0.03125 0.5625 0.875 -0 0.21875 -0.984375 0.15625 0 -0.859375""");
    private static final float[] DA = Patterns.numbers(
            """
            1.125 -0.09375 -0.1875 0.546875 0.234375 0 0 0.875 -0.09375 -0.234375 0.75 0.125 0.140625 0.09375
            0.65625 -0.0625 -0.25 -0.875 0.046875 -0.28125 0.21875 0.46875 0 -0.234375""");
    private static final float[] DB = Patterns.numbers(
            """
            1.546875 -0.125 -0.28125 0.78125 0.28125 0.125 0 1 -0.046875 -0.46875 -0.9375 0.09375 0.5625
            0.171875 0.546875 0.125 -0.5625 -0.765625 -0 -0.984375 -0.28125 0.1875 0.390625 0.515625""");

    // PyTorch: one tensor as both factors
    // x = pat(7, 23, 3, 5)
    // y = x * x
    // project(y)
    // show(SQUARE_Y=y, SQUARE_DX=x.grad)
    private static final float[] SQUARE_Y = Patterns.numbers(
            """
            1.890625 0.25 0.140625 1.5625 0.5625 0.015625 1 1 0.015625 0.5625 1.5625 0.140625 0.25 1.890625
            0.390625""");
    private static final float[] SQUARE_DX = Patterns.numbers(
            """
            3.09375 -0.25 -0.5625 1.5625 0.5625 0.25 0 2 -0.09375 -0.9375 -1.875 0.1875 1.125 0.34375 1.09375""");

    // PyTorch: factors that are used again
    // a, b = pat(7, 23, 2, 3, 2, 2), pat(5, 17, 2, 3, 2, 2)
    // p = a * b
    // y = p * a + F.relu(p) * (b * p)
    // project(y)
    // show(NET_Y=y, NET_DA=a.grad, NET_DB=b.grad)
    private static final float[] NET_Y = Patterns.numbers(
            """
            -3.78125 -0.10693359 0.037353516 2.4139404 -0.4888916 0 0.86914062 -1.5449219 -0.0041503906
            0.24060059 1.5625 -0.087890625 0.031738281 2.2155762 -0.45776367 -0.0078125 0.79101562 -1.53125 -0
            0.20336914 1.1074219 -0.054321289 0 1.1816406""");
    private static final float[] NET_DA = Patterns.numbers(
            """
            -6.1875 0.10693359 -0.14941406 2.4139404 -0.4888916 0 0 -3.0898438 0.024902344 -0.40100098 -1.875
            -0.1171875 0.14282227 0.40283203 -1.2817383 -0.03125 -0.703125 3.0625 0 -0.52294922 -0.4921875
            -0.32592773 0 0.64453125""");
    private static final float[] NET_DB = Patterns.numbers(
            """
            -8.5078125 0.088867188 -0.12524414 3.2196045 -0.45812988 0.015625 0 -3.296875 0.0069580078
            -0.49987793 1.171875 -0.061523438 0.29443359 0.63513184 -0.9185791 0.03125 -1.1074219 2.6796875 0
            -1.0228271 0.31640625 -0.10180664 0.24414062 -0.70898438""");

    private static Tensor net(Tensor a, Tensor b) {
        Tensor p = MulOp.apply(a, b);
        return AddOp.apply(MulOp.apply(p, a), MulOp.apply(ReluOp.apply(p), MulOp.apply(b, p)));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.run(() -> MulOp.apply(a, b), a, b).expect(0, 0, SHAPE, Y, DA, DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void aTensorTimesItself(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 3, 5)) {
            GradCheck.run(() -> MulOp.apply(x, x), x).expect(0, 0, Shape.of(3, 5), SQUARE_Y, SQUARE_DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void productsThatShareTheirFactors(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.run(() -> net(a, b), a, b).expect(1e-5, 1e-6, SHAPE, NET_Y, NET_DA, NET_DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneSideWantsNoGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.constant(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.run(() -> MulOp.apply(a, b), a, b).expect(0, 0, SHAPE, Y, DB);
            GradCheck.run(() -> MulOp.apply(b, a), a, b).expect(0, 0, SHAPE, Y, DB);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor a = Patterns.offZero(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.offZero(backend, 5, 17, 2, 3, 2, 2)) {
            GradCheck.numeric(() -> MulOp.apply(a, b), 0.5, 1e-5, a, b);
            GradCheck.numeric(() -> MulOp.apply(a, a), 0.5, 1e-5, a);
        }
    }

    @Test
    void refusesDifferentShapes() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 2, 3, 4, 4);
                Tensor gate = Patterns.constant(backend, 7, 23, 2, 3, 1, 1)) {
            assertEquals(
                    "mul: expected second input of shape (2, 3, 4, 4), got (2, 3, 1, 1); for one factor per channel use"
                            + " GateOp",
                    assertThrows(IllegalArgumentException.class, () -> MulOp.apply(x, gate))
                            .getMessage());
        }
    }
}
