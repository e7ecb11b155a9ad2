package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.reference.ReferenceBackend;
import greg.kernels.spec.Conv2dOptions;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class Conv2dOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-5;

    // PyTorch:
    // x, w, b = pat(7, 23, 2, 4, 3, 4), pat(5, 17, 6, 2, 3, 2), pat(3, 7, 6)
    // y = F.conv2d(x, w, b, stride=(2, 1), padding=(1, 0), groups=2)
    // project(y)
    // show(GROUPED_Y=y, GROUPED_DX=x.grad, GROUPED_DW=w.grad, GROUPED_DB=b.grad)
    private static final float[] GROUPED_Y = Patterns.numbers(
            """
            1.265625 -1.703125 0 2.609375 -2.03125 -3.078125 -0.375 0.984375 0.90625 -1.46875 0.078125 1.984375
            -0.421875 1.015625 1.015625 3.21875 -1.265625 -2.515625 0.96875 1.046875 -2.46875 -0.03125 1.671875
            -2.015625 0.203125 -1.5 2.1875 1.28125 -2.03125 1.484375 -1.96875 2.515625 -3.0625 0.390625 0.03125
            0.390625 0 1.703125 -1.984375 -3.078125 2.703125 0.578125 0.90625 -2.40625 1.109375 1.984375 -1.5
            -0.3125 1.015625 0.65625 1.015625 -2.515625 3.0625 1.453125 -2.46875 0.84375 0.921875 -2.015625
            -0.3125 -1.84375 2.1875 0.484375 -1.21875 1.484375 -1.46875 1.328125 -3.0625 -1.8125 2.671875
            0.390625 0.75 -2.484375""");
    private static final float[] GROUPED_DX = Patterns.numbers(
            """
            0.140625 1 -0.328125 -1.578125 -1 -0.5 1.140625 -1.265625 0.8125 0.28125 -0.15625 1.78125 0.140625
            -0.8125 1.40625 -0.953125 -1.25 -1.703125 1.59375 -0.65625 -0.765625 1.6875 -1.4375 0.96875 0.703125
            -0.890625 -0.578125 1.015625 -1.4375 -0.078125 1.046875 -1.484375 1.09375 -1.4375 1.546875 -0.8125
            0.125 -1.46875 0.265625 -0.796875 -0.328125 -2.140625 2.765625 -0.3125 0.125 1.0625 -0.765625
            0.84375 0.78125 0.6875 -0.34375 0.140625 -1.59375 1.859375 -1.25 -0.6875 0.859375 -0.328125
            -0.765625 1.125 -0.640625 1.875 -0.65625 0.140625 0.75 -2.65625 0.9375 -0.9375 -0.953125 1.40625
            -1.71875 0.875 0.9375 -1.8125 1.171875 -1.03125 -0.875 3.3125 -2.390625 -1.03125 0.140625 -0.578125
            2.109375 -0.484375 0.125 1 -0.828125 0.78125 -0.625 -1.265625 1.859375 -1.515625 -2.25 0.265625
            -0.671875 0.9375""");
    private static final float[] GROUPED_DW = Patterns.numbers(
            """
            1.40625 -0.984375 0.828125 1.71875 1.265625 -0.84375 -0.328125 1.234375 -0.703125 -2.328125
            -0.328125 1.515625 -0.984375 1.40625 3.5 -2.734375 -1.125 -1.125 -0.328125 -0.8125 -1.59375 3.671875
            1.75 -1.125 1.375 -0.953125 -3.921875 0.53125 -0.84375 1.265625 -0.328125 1.296875 3.15625 -1.015625
            -0.328125 -1.09375 1.4375 -0.0625 -3.03125 -0.515625 -1.09375 1.84375 -0.75 1.703125 3.796875
            -2.671875 -1.0625 -1 -0.921875 -0.3125 0.234375 0.140625 1.296875 -0.484375 1.359375 -0.90625
            -0.890625 0.09375 -1.03125 1.140625 -0.90625 -0.265625 -3.328125 3.46875 1.3125 -0.4375 1.390625
            -0.84375 -0.828125 -3.375 -1 1.203125""");
    private static final float[] GROUPED_DB =
            Patterns.numbers("""
            -0.625 -1.375 2.625 -2.875 1.125 0.375""");

    // PyTorch:
    // x, w = pat(7, 23, 1, 2, 4, 5), pat(5, 17, 3, 2, 3, 3)
    // y = F.conv2d(x, w, None, padding=(1, 2), dilation=(1, 2))
    // project(y)
    // show(DILATED_Y=y, DILATED_DX=x.grad, DILATED_DW=w.grad)
    private static final float[] DILATED_Y = Patterns.numbers(
            """
            0.625 0.8125 -1.390625 -1.640625 -0.1875 -0.34375 2.328125 0.78125 -2.28125 -0.46875 0.796875 1.3125
            -2.15625 -1.84375 1.40625 -0.09375 1.125 0.984375 -0.09375 -0.90625 0.5 -0.453125 0.125 0.8125
            -0.078125 1.03125 1.09375 -0.8125 2.328125 0.328125 -0.8125 -1.109375 1.140625 1.3125 -1.046875
            -0.125 -0.046875 -0.28125 1.125 -0.171875 -2.015625 -2.25 1.90625 -0.453125 0.03125 0.015625
            -0.671875 0.25 1.09375 -1 -1.625 -0.875 0.984375 -1.109375 0.75 -0.421875 -1.484375 -0.21875
            -0.046875 0.03125""");
    private static final float[] DILATED_DX = Patterns.numbers(
            """
            -1.359375 1.140625 1.171875 -1.53125 1.625 -3.390625 2.4375 -2.359375 0.5 2.09375 -1.5625 2.78125
            -6.515625 1.640625 1.75 1.71875 1.53125 -4.828125 1.796875 0.484375 0.90625 -0.59375 -1.71875
            1.78125 -1.6875 3.75 -2.78125 0.8125 2.453125 -3.765625 4.9375 -4.5625 1.6875 2.53125 -5.171875 2.5
            -4.3125 2.875 1.53125 -4.28125""");
    private static final float[] DILATED_DW = Patterns.numbers(
            """
            0.484375 -2.234375 0.265625 0.625 1.0625 -1.640625 2.890625 -2.1875 1.984375 0.171875 -2.890625
            2.328125 0.1875 -1.375 -1.421875 2.546875 -3.453125 1.984375 -0.578125 -0.71875 -0.296875 -2.71875
            -2.0625 0.765625 -2.546875 0.21875 -0.96875 -0.765625 4.1875 0.21875 -2.59375 1.59375 -0.125
            -2.171875 2.234375 2.03125 2.21875 1.984375 -0.265625 2.25 1.9375 0.796875 2.109375 3.515625
            -0.953125 1.5625 -1.203125 -1.296875 1.75 -2.5625 -1.796875 2.015625 1.390625 -2.375""");

    // PyTorch:
    // x, w = pat(7, 23, 1, 2, 3, 3), pat(5, 17, 2, 2, 3, 3)
    // y = F.conv2d(F.conv2d(x, w, padding=1) + x, w, padding=1)
    // project(y)
    // show(TWICE_Y=y, TWICE_DX=x.grad, TWICE_DW=w.grad)
    private static final float[] TWICE_Y = Patterns.numbers(
            """
            -4.125 -9.6757812 10.001953 -3.125 -13.775391 14.636719 -1.3964844 -10.84375 3.3945312 6.8261719
            -7.421875 -8.9238281 10.080078 -7.9960938 -13.236328 9.8808594 -4.140625 -8.59375""");
    private static final float[] TWICE_DX = Patterns.numbers(
            """
            -1.765625 -1.9882812 0.046875 0.15234375 -4.2128906 -1.0078125 3.4804688 -5.6835938 -2.2050781
            1.8496094 2.1894531 -0.91601562 -1.3632812 7.53125 -4.8144531 -1.4375 5.8710938 -5.1113281""");
    private static final float[] TWICE_DW = Patterns.numbers(
            """
            5.3242188 -16.677734 5.3046875 14.099609 -10.375 4.5859375 -0.0859375 1.6367188 -7.4550781 5.1054688
            2.9121094 -9.7382812 1.9023438 11.177734 -7.7988281 -1.4160156 6.4960938 -0.79882812 0.98632812
            -3.0683594 6.2207031 -7.9980469 1.2050781 8.8300781 -7.9882812 5.4863281 -1.6933594 2.390625
            -7.4101562 -0.95117188 -0.63867188 -8.1015625 -1.1738281 0.51171875 -6.0683594 1.171875""");

    private static Tensor conv(Tensor x, Tensor w) {
        return Conv2dOp.apply(x, w, null, Conv2dOptions.DEFAULT.padding(1));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void groupsStridesAndPaddingPerAxisAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 4, 3, 4);
                Tensor w = Patterns.parameter(backend, 5, 17, 6, 2, 3, 2);
                Tensor b = Patterns.parameter(backend, 3, 7, 6)) {
            GradCheck.run(
                            () -> Conv2dOp.apply(
                                    x,
                                    w,
                                    b,
                                    Conv2dOptions.DEFAULT
                                            .stride(2, 1)
                                            .padding(1, 0)
                                            .groups(2)),
                            x,
                            w,
                            b)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(2, 6, 2, 3), GROUPED_Y, GROUPED_DX, GROUPED_DW, GROUPED_DB);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void dilationAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 1, 2, 4, 5);
                Tensor w = Patterns.parameter(backend, 5, 17, 3, 2, 3, 3)) {
            GradCheck.run(
                            () -> Conv2dOp.apply(
                                    x,
                                    w,
                                    null,
                                    Conv2dOptions.DEFAULT.padding(1, 2).dilation(1, 2)),
                            x,
                            w)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(1, 3, 4, 5), DILATED_Y, DILATED_DX, DILATED_DW);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void weightAndInputUsedTwice(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 1, 2, 3, 3);
                Tensor w = Patterns.parameter(backend, 5, 17, 2, 2, 3, 3)) {
            GradCheck.run(() -> conv(AddOp.apply(conv(x, w), x), w), x, w)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(1, 2, 3, 3), TWICE_Y, TWICE_DX, TWICE_DW);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void onlyTheBiasWantsAGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Shape shape = Shape.of(2, 4, 3, 4);
        try (Tensor x = Tensor.of(backend, shape, Patterns.values(7, 23, shape));
                Tensor w = Tensor.full(backend, Shape.of(6, 2, 3, 2), 1);
                Tensor b = Patterns.parameter(backend, 3, 7, 6)) {
            GradCheck.Result result = GradCheck.run(
                    () -> Conv2dOp.apply(
                            x,
                            w,
                            b,
                            Conv2dOptions.DEFAULT.stride(2, 1).padding(1, 0).groups(2)),
                    x,
                    w,
                    b);
            assertEquals(1, result.gradients().size());
            Compare.close("db", GROUPED_DB, result.gradients().get(0), TOLERANCE, TOLERANCE);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 23, 2, 4, 3, 4);
                Tensor w = Patterns.parameter(backend, 5, 17, 6, 2, 3, 2);
                Tensor b = Patterns.parameter(backend, 3, 7, 6);
                Tensor small = Patterns.parameter(backend, 7, 23, 1, 2, 3, 3);
                Tensor square = Patterns.parameter(backend, 5, 17, 2, 2, 3, 3)) {
            // linear in each input alone, so a wide step is exact but for rounding
            GradCheck.numeric(
                    () -> Conv2dOp.apply(
                            x,
                            w,
                            b,
                            Conv2dOptions.DEFAULT.stride(2, 1).padding(1, 0).groups(2)),
                    0.5,
                    1e-5,
                    x,
                    w,
                    b);
            GradCheck.numeric(() -> conv(AddOp.apply(conv(small, square), small), square), 1e-2, 1e-3, small, square);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Tensor.full(backend, Shape.of(1, 4, 3, 3), 0);
                Tensor flat = Tensor.full(backend, Shape.of(4, 9), 0);
                Tensor w = Tensor.full(backend, Shape.of(2, 3, 3, 3), 0);
                Tensor wide = Tensor.full(backend, Shape.of(2, 4, 5, 5), 0);
                Tensor good = Tensor.full(backend, Shape.of(2, 4, 3, 3), 0);
                Tensor b = Tensor.full(backend, Shape.of(3), 0)) {
            assertTrue(refusal(flat, good, null).contains("conv2d: expected input of rank 4, got shape (4, 9)"));
            assertTrue(refusal(x, flat, null).contains("conv2d: expected weight of rank 4, got shape (4, 9)"));
            assertTrue(
                    refusal(x, w, null)
                            .contains(
                                    "the weight (2, 3, 3, 3) with 1 group(s) expects 3 input channels, the input is (1, 4, 3, 3)"));
            assertTrue(refusal(x, wide, null)
                    .contains("conv2d: kernel 5x5 (dilation 1x1) is larger than the padded input 3x3"));
            assertTrue(refusal(x, good, b).contains("conv2d: expected bias of 2 elements, got shape (3)"));
        }
    }

    private static String refusal(Tensor x, Tensor w, Tensor b) {
        return assertThrows(IllegalArgumentException.class, () -> Conv2dOp.apply(x, w, b, Conv2dOptions.DEFAULT))
                .getMessage();
    }
}
