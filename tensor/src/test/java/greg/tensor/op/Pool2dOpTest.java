package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.reference.ReferenceBackend;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class Pool2dOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;

    // PyTorch: values modulo 5, so that most windows have ties; the gradient goes to the first
    // x = pat(3, 5, 2, 2, 5, 6)
    // y = F.max_pool2d(x, 3, 2, 1)
    // project(y)
    // show(MAX_Y=y, MAX_DX=x.grad)
    private static final float[] MAX_Y = Patterns.numbers(
            """
            0.125 0.25 0.25 0.25 0.25 0.25 0.25 0.125 0.25 0.125 0.25 0.25 0.25 0.25 0.25 0.25 0.125 0.25 0.125
            0.25 0.25 0.25 0.25 0.25 0.25 0.125 0.25 0.125 0.25 0.25 0.25 0.25 0.25 0.25 0.125 0.25""");
    private static final float[] MAX_DX = Patterns.numbers(
            """
            0 -1.125 0 -0.5 0 0 0 0 -0.375 0 0 0 0 0.625 0 0 0 0 0 0 0 -1 0 1.375 0 0 0 0 0 0 0 -0.625 0 0.5 0 0
            0 0 0.125 0 0 0 0 1.125 0 0 0 0 0.5 0 0 -0.5 0 0 0 0 0 0 0 0 0 -0.125 0 -0.875 0 0 0 0 0.625 0 0 0 0
            -0.75 0 0 0 0 1 0 0 0 0 -1.375 0 0 0 0 0 0 0 0.375 0 0.125 0 0 0 0 1.125 0 0 0 0 -0.25 0 0 0 0
            -0.875 0 0 0.5 0 -0.375 0 0 0 0 0 0""");

    // PyTorch: the last window of a row hangs over the end
    // x = pat(7, 71, 1, 2, 5, 7)
    // y = F.max_pool2d(x, 2, 3, ceil_mode=True) + F.avg_pool2d(x, 2, 3, ceil_mode=True)
    // project(y)
    // show(BOTH_Y=y, BOTH_DX=x.grad)
    private static final float[] BOTH_Y = Patterns.numbers(
            """
            1.75 3.90625 0.375 3 -2.3125 1.625 -0.8125 4.4375 1.1875 0.4375 5.6875 2.4375""");
    private static final float[] BOTH_DX = Patterns.numbers(
            """
            -0.28125 -0.28125 0 0.0625 0.0625 0 -1.125 -0.28125 -1.40625 0 0.3125 0.0625 0 -0.375 0 0 0 0 0 0 0
            0.15625 0.15625 0 -0.09375 -0.46875 0 1.5 0.15625 0.78125 0 -0.09375 -0.09375 0 0.5 0 0 0 -0.25
            -1.25 0 0.1875 0 0 0 -0.25 -0.25 0 0.5625 0 0 0 0 0 0 0 -0.15625 -0.78125 0 0.1875 0.9375 0 -0.125
            -0.15625 -0.15625 0 0.1875 0.1875 0 -0.375""");

    // PyTorch:
    // x = pat(7, 67, 1, 2, 5, 6)
    // y = F.avg_pool2d(x, 3, 2, 1, ceil_mode=True)
    // project(y)
    // show(AVG_Y=y, AVG_DX=x.grad)
    private static final float[] AVG_Y = Patterns.numbers(
            """
            -0.47222222 0.16666667 -0.52777778 -0.4375 0.81944444 0.68055556 -0.36111111 -0.20833333 0.94444444
            0.43055556 -0.26388889 -0.77083333 0.027777778 -0.013888889 -0.70833333 -0.0625 -0.29166667
            -0.055555556 -0.16666667 0.35416667 -0.41666667 0.25 -0.44444444 -0.39583333""");
    private static final float[] AVG_DX = Patterns.numbers(
            """
            -0.125 -0.097222222 0.027777778 -0.055555556 -0.083333333 0.020833333 -0.16666667 -0.027777778
            0.13888889 0.055555556 -0.083333333 -0.14583333 -0.041666667 0.069444444 0.11111111 0.11111111 0
            -0.16666667 0 0.041666667 0.041666667 0.125 0.083333333 -0.125 0.041666667 -0.027777778 -0.069444444
            0.013888889 0.083333333 0.041666667 0.125 0.13888889 0.013888889 -0.083333333 -0.097222222
            -0.013888889 0.069444444 0.18055556 0.11111111 -6.9388939e-18 -0.11111111 -0.21527778 -0.055555556
            0.041666667 0.097222222 0.083333333 -0.013888889 -0.20138889 -0.027777778 -0.013888889 0.013888889
            0.069444444 0.055555556 -0.19444444 0.027777778 -0.055555556 -0.083333333 -0.013888889 0.069444444
            0.0069444444""");

    // PyTorch: the input is pooled, and pooled again
    // x = pat(7, 67, 1, 2, 5, 6)
    // pool = lambda t: F.max_pool2d(t, 3, 1, 1)
    // y = pool(pool(x) + x) + x
    // project(y)
    // show(CHAIN_Y=y, CHAIN_DX=x.grad)
    private static final float[] CHAIN_Y = Patterns.numbers(
            """
            0.75 3.375 5.125 6 6.875 3.375 6 8.625 10.375 11.25 3.75 2.375 6.25 7.125 8 8.125 9 7.625 11.5
            12.375 4.875 4.75 5.625 6.5 8.375 9.25 10.125 10 10.875 3.375 4.125 5.875 6.75 7.625 4.125 4.125
            9.375 11.125 12 4.5 4.375 5.25 6.25 8 8.875 9.75 9.625 10.5 1.125 3.75 5.5 6.375 7.25 7.375 6.375 9
            10.75 11.625 4.125 1.125""");
    private static final float[] CHAIN_DX = Patterns.numbers(
            """
            -1.125 0.25 -0.75 0.625 0.625 1 0 -2.125 -1.5 0.25 0.75 -0.25 1.125 0.125 -0.875 0.5 0.125 0.875
            -0.125 -2.375 0.25 -0.75 0.625 -0.375 1 0 -1 0.375 -0.625 0.75 -0.25 1.125 0.125 -0.375 0.5 -1.5
            0.875 0.125 -1.625 0.25 -0.75 0.625 -0.375 1 0 -1 0.375 -1.125 0.75 -0.25 1.125 0.125 -0.875 -0.25
            -0.5 1.125 0.75 -1.75 0.25 -0.75""");

    private static Tensor chain(Tensor x) {
        Tensor once = Pool2dOp.apply(x, Kind.MAX, 3, 1, 1, false);
        return AddOp.apply(Pool2dOp.apply(AddOp.apply(once, x), Kind.MAX, 3, 1, 1, false), x);
    }

    private static Tensor both(Tensor x) {
        return AddOp.apply(Pool2dOp.apply(x, Kind.MAX, 2, 3, 0, true), Pool2dOp.apply(x, Kind.AVG, 2, 3, 0, true));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void maximumWithTiesAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 3, 5, 2, 2, 5, 6)) {
            GradCheck.run(() -> Pool2dOp.apply(x, Kind.MAX, 3, 2, 1, false), x)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(2, 2, 3, 3), MAX_Y, MAX_DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void averageWithPaddingAndCeilModeAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 67, 1, 2, 5, 6)) {
            GradCheck.run(() -> Pool2dOp.apply(x, Kind.AVG, 3, 2, 1, true), x)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(1, 2, 3, 4), AVG_Y, AVG_DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void maximumAndAverageOfTheSameInput(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 71, 1, 2, 5, 7)) {
            GradCheck.run(() -> both(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(1, 2, 2, 3), BOTH_Y, BOTH_DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void chained(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 67, 1, 2, 5, 6)) {
            GradCheck.run(() -> chain(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(1, 2, 5, 6), CHAIN_Y, CHAIN_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 67, 1, 2, 5, 6)) {
            // all values differ by 1/8 or more: no window changes its maximum within the step
            GradCheck.numeric(() -> Pool2dOp.apply(x, Kind.MAX, 3, 2, 1, false), 0.05, 1e-5, x);
            GradCheck.numeric(() -> Pool2dOp.apply(x, Kind.AVG, 3, 2, 1, true), 0.5, 1e-5, x);
            GradCheck.numeric(() -> both(x), 0.05, 1e-5, x);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 1, 2, 3, 3);
                Tensor flat = Patterns.constant(backend, 7, 23, 3, 3)) {
            assertEquals("pool2d: expected input of rank 4, got shape (3, 3)", refusal(flat, 2, 0));
            assertEquals("pool2d: window 4x4 is larger than the padded input 3x3", refusal(x, 4, 0));
            assertEquals("pool2d: padding 2x2 must be between 0 and half the window 3x3", refusal(x, 3, 2));
        }
    }

    private static String refusal(Tensor x, int kernel, int pad) {
        return assertThrows(IllegalArgumentException.class, () -> Pool2dOp.apply(x, Kind.MAX, kernel, 1, pad, false))
                .getMessage();
    }
}
