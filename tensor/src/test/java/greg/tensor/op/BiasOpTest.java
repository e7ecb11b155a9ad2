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

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class BiasOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;

    // PyTorch:
    // x, b = pat(7, 23, 2, 3, 2, 2), pat(3, 7, 3)
    // y = x + b[:, None, None]
    // project(y)
    // show(IMAGE_Y=y, IMAGE_DX=x.grad, IMAGE_DB=b.grad)
    // x, b = pat(7, 23, 2, 3, 2, 2), pat(3, 7, 3)
    // y = F.relu(x + b[:, None, None])
    // project(y)
    // show(RELU_Y=y, RELU_DX=x.grad, RELU_DB=b.grad)
    // x, b = pat(7, 23, 4, 3), pat(3, 7, 3)
    // y = F.relu(x + b)
    // project(y)
    // show(MATRIX_Y=y, MATRIX_DX=x.grad, MATRIX_DB=b.grad)
    private static final float[] IMAGE_Y = Patterns.numbers(
            """
            -1.75 -0.875 0 0.875 -0.75 0.125 1 -1 0.25 1.125 -0.875 0 0.125 1 -1 -0.125 1.125 -0.875 0 0.875
            -0.75 0.125 1 -1""");
    private static final float[] IMAGE_DX = Patterns.numbers(
            """
            -1.125 0.25 -0.75 0.625 -0.375 1 0 -1 0.375 -0.625 0.75 -0.25 1.125 0.125 -0.875 0.5 -0.5 0.875
            -0.125 -1.125 0.25 -0.75 0.625 -0.375""");
    private static final float[] IMAGE_DB = Patterns.numbers("""
            -0.125 -1.25 0""");
    private static final float[] RELU_Y = Patterns.numbers(
            """
            0 0 0 0.875 0 0.125 1 0 0.25 1.125 0 0 0.125 1 0 0 1.125 0 0 0.875 0 0.125 1 0""");
    private static final float[] RELU_DX = Patterns.numbers(
            """
            0 0 0 0.625 0 1 0 0 0.375 -0.625 0 0 1.125 0.125 0 0 -0.5 0 0 -1.125 0 -0.75 0.625 0""");
    private static final float[] RELU_DB = Patterns.numbers("""
            1.875 -0.625 -0.375""");
    private static final float[] MATRIX_Y =
            Patterns.numbers("""
            0 0 0.75 0.875 0 0.5 0.625 0 0.25 0.375 0 0""");
    private static final float[] MATRIX_DX =
            Patterns.numbers("""
            0 0 -0.75 0.625 0 1 0 0 0.375 -0.625 0 0""");
    private static final float[] MATRIX_DB = Patterns.numbers("""
            0 0 0.625""");

    // PyTorch:
    // x, b = pat(7, 23, 2, 3, 2, 2), pat(3, 7, 3)
    // y = F.relu(x + b[:, None, None]) + b[:, None, None] + x
    // project(y)
    // show(TWICE_Y=y, TWICE_DX=x.grad, TWICE_DB=b.grad)
    private static final float[] TWICE_Y = Patterns.numbers(
            """
            -1.75 -0.875 0 1.75 -0.75 0.25 2 -1 0.5 2.25 -0.875 0 0.25 2 -1 -0.125 2.25 -0.875 0 1.75 -0.75 0.25
            2 -1""");
    private static final float[] TWICE_DX = Patterns.numbers(
            """
            -1.125 0.25 -0.75 1.25 -0.375 2 0 -1 0.75 -1.25 0.75 -0.25 2.25 0.25 -0.875 0.5 -1 0.875 -0.125
            -2.25 0.25 -1.5 1.25 -0.375""");
    private static final float[] TWICE_DB = Patterns.numbers("""
            1.75 -1.875 -0.375""");

    private static Tensor twice(Tensor x, Tensor b) {
        return AddOp.apply(BiasOp.apply(BiasOp.apply(x, b, true), b, false), x);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 3, 7, 3)) {
            GradCheck.run(() -> BiasOp.apply(x, b, false), x, b)
                    .expect(TOLERANCE, TOLERANCE, x.shape(), IMAGE_Y, IMAGE_DX, IMAGE_DB);
            GradCheck.run(() -> BiasOp.apply(x, b, true), x, b)
                    .expect(TOLERANCE, TOLERANCE, x.shape(), RELU_Y, RELU_DX, RELU_DB);
            GradCheck.run(() -> twice(x, b), x, b).expect(TOLERANCE, TOLERANCE, x.shape(), TWICE_Y, TWICE_DX, TWICE_DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void overAMatrixAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 4, 3);
                Tensor b = Patterns.parameter(backend, 3, 7, 3)) {
            GradCheck.run(() -> BiasOp.apply(x, b, true), x, b)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(4, 3), MATRIX_Y, MATRIX_DX, MATRIX_DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneSideWantsNoGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.constant(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 3, 7, 3);
                Tensor y = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor c = Patterns.constant(backend, 3, 7, 3)) {
            GradCheck.run(() -> BiasOp.apply(x, b, true), x, b)
                    .expect(TOLERANCE, TOLERANCE, x.shape(), RELU_Y, RELU_DB);
            GradCheck.run(() -> BiasOp.apply(x, b, false), x, b)
                    .expect(TOLERANCE, TOLERANCE, x.shape(), IMAGE_Y, IMAGE_DB);
            GradCheck.run(() -> BiasOp.apply(y, c, true), y, c)
                    .expect(TOLERANCE, TOLERANCE, y.shape(), RELU_Y, RELU_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.offZero(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 3, 7, 3)) {
            GradCheck.numeric(() -> BiasOp.apply(x, b, false), 0.5, 1e-5, x, b);
            GradCheck.numeric(() -> BiasOp.apply(x, b, true), 0.05, 1e-5, x, b);
            GradCheck.numeric(() -> twice(x, b), 0.05, 1e-5, x, b);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 2, 3);
                Tensor vector = Patterns.constant(backend, 7, 23, 3);
                Tensor b = Patterns.constant(backend, 3, 7, 4)) {
            assertEquals(
                    "bias: expected input of rank 2 or 4, got shape (3)",
                    assertThrows(IllegalArgumentException.class, () -> BiasOp.apply(vector, b, false))
                            .getMessage());
            assertEquals(
                    "bias: expected bias of 3 elements, got shape (4)",
                    assertThrows(IllegalArgumentException.class, () -> BiasOp.apply(x, b, false))
                            .getMessage());
        }
    }
}
