package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class LinearOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-5;

    // PyTorch:
    // x, w, b = pat(7, 23, 3, 5), pat(5, 17, 4, 5), pat(3, 7, 4)
    // y = F.linear(x, w, b)
    // project(y)
    // show(Y=y, DX=x.grad, DW=w.grad, DB=b.grad)
    private static final float[] Y = Patterns.numbers(
            """
            2.84375 -1.234375 0.796875 -1.234375 -1.703125 1.8125 -0.78125 1.59375 2.734375 -1.25 0.875
            -1.328125""");
    private static final float[] DX = Patterns.numbers(
            """
            0.296875 1.265625 -1.21875 -1.84375 1.515625 0.5 0.265625 0.03125 -0.203125 0.359375 0.40625
            -1.03125 0.984375 1.140625 -1.09375""");
    private static final float[] DW = Patterns.numbers(
            """
            1.03125 0.046875 0.140625 -0.84375 0.328125 0.5625 1.109375 -1.21875 -0.671875 0.953125 0.09375
            0.09375 0.09375 0.09375 0.09375 -0.671875 -1.21875 1.109375 0.5625 -1.0625""");
    private static final float[] DB = Patterns.numbers("""
            -1.125 0.625 0 -0.625""");

    // PyTorch:
    // x, w, b = pat(7, 23, 3, 4), pat(5, 17, 4, 4), pat(3, 7, 4)
    // y = F.linear(F.relu(F.linear(x, w, b)) + x, w, b)
    // project(y)
    // show(TWICE_Y=y, TWICE_DX=x.grad, TWICE_DW=w.grad, TWICE_DB=b.grad)
    private static final float[] TWICE_Y = Patterns.numbers(
            """
            0.0703125 -1.3085938 -0.03125 -1.0234375 -0.5078125 3.2871094 4.9570312 -0.85546875 0.05859375
            -1.6054688 -1.078125 1.2304688""");
    private static final float[] TWICE_DX = Patterns.numbers(
            """
            0.3359375 -0.35742188 -2.3789062 0.84570312 -0.31445312 -0.12890625 2.1816406 -1.1855469 -0.13671875
            0.3515625 0.2421875 0.46484375""");
    private static final float[] TWICE_DW = Patterns.numbers(
            """
            -2.5878906 -0.55859375 -1.9101562 0.8984375 0.03515625 1.4238281 3.4453125 -0.72265625 0.04296875
            1.7695312 -0.65234375 -3.125 1.3398438 -2.1953125 -3.0507812 1.3242188""");
    private static final float[] TWICE_DB = Patterns.numbers("""
            0.109375 0.015625 -0.0625 -0.09375""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 3, 5);
                Tensor w = Patterns.parameter(backend, 5, 17, 4, 5);
                Tensor b = Patterns.parameter(backend, 3, 7, 4)) {
            GradCheck.run(() -> LinearOp.apply(x, w, b), x, w, b)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(3, 4), Y, DX, DW, DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void withoutBiasAndWithoutGradientOfTheInput(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.constant(backend, 7, 23, 3, 5);
                Tensor w = Patterns.parameter(backend, 5, 17, 4, 5)) {
            GradCheck.Result result = GradCheck.run(() -> LinearOp.apply(x, w, null), x, w);
            assertEquals(1, result.gradients().size());
            Compare.close("dw", DW, result.gradients().get(0), TOLERANCE, TOLERANCE);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void everythingUsedTwice(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 3, 4);
                Tensor w = Patterns.parameter(backend, 5, 17, 4, 4);
                Tensor b = Patterns.parameter(backend, 3, 7, 4)) {
            GradCheck.run(() -> LinearOp.apply(AddOp.apply(ReluOp.apply(LinearOp.apply(x, w, b)), x), w, b), x, w, b)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(3, 4), TWICE_Y, TWICE_DX, TWICE_DW, TWICE_DB);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 23, 3, 4);
                Tensor w = Patterns.parameter(backend, 5, 17, 4, 4);
                Tensor b = Patterns.parameter(backend, 3, 7, 4)) {
            // linear in each input alone, so a wide step is exact but for rounding
            GradCheck.numeric(() -> LinearOp.apply(x, w, b), 0.5, 1e-5, x, w, b);
            GradCheck.numeric(() -> LinearOp.apply(LinearOp.apply(x, w, b), w, b), 1e-2, 1e-3, x, w, b);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 3, 5);
                Tensor image = Patterns.constant(backend, 7, 23, 3, 5, 1, 1);
                Tensor narrow = Patterns.constant(backend, 5, 17, 4, 3);
                Tensor w = Patterns.constant(backend, 5, 17, 4, 5)) {
            assertEquals(
                    "linear: expected input of rank 2, got shape (3, 5, 1, 1)",
                    assertThrows(IllegalArgumentException.class, () -> LinearOp.apply(image, w, null))
                            .getMessage());
            assertEquals(
                    "linear: expected weight of rank 2, got shape (3, 5, 1, 1)",
                    assertThrows(IllegalArgumentException.class, () -> LinearOp.apply(x, image, null))
                            .getMessage());
            assertEquals(
                    "linear: the weight (4, 3) expects 3 features, the input is (3, 5)",
                    assertThrows(IllegalArgumentException.class, () -> LinearOp.apply(x, narrow, null))
                            .getMessage());
            assertEquals(
                    "linear: expected bias of 4 elements, got shape (3, 5)",
                    assertThrows(IllegalArgumentException.class, () -> LinearOp.apply(x, w, x))
                            .getMessage());
        }
    }
}
