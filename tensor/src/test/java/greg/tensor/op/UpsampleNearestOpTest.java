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

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. Sums of eighths are exact. */
class UpsampleNearestOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    // PyTorch:
    // x = pat(7, 23, 2, 2, 2, 3)
    // y = torch.nn.Upsample(scale_factor=2, mode='nearest')(x)
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y = Patterns.numbers(
            """
            -1.375 -1.375 -0.5 -0.5 0.375 0.375 -1.375 -1.375 -0.5 -0.5 0.375 0.375 1.25 1.25 -0.75 -0.75 0.125
            0.125 1.25 1.25 -0.75 -0.75 0.125 0.125 1 1 -1 -1 -0.125 -0.125 1 1 -1 -1 -0.125 -0.125 0.75 0.75
            -1.25 -1.25 -0.375 -0.375 0.75 0.75 -1.25 -1.25 -0.375 -0.375 0.5 0.5 1.375 1.375 -0.625 -0.625 0.5
            0.5 1.375 1.375 -0.625 -0.625 0.25 0.25 1.125 1.125 -0.875 -0.875 0.25 0.25 1.125 1.125 -0.875
            -0.875 0 0 0.875 0.875 -1.125 -1.125 0 0 0.875 0.875 -1.125 -1.125 -0.25 -0.25 0.625 0.625 -1.375
            -1.375 -0.25 -0.25 0.625 0.625 -1.375 -1.375""");
    private static final float[] DX = Patterns.numbers(
            """
            -1.875 -0.375 1.125 0 -0.875 0.625 1.875 -1.375 0.125 1.375 -1.875 -0.375 0.875 0 -0.875 0.375 1.875
            -1.375 -0.125 1.375 -1.875 -0.625 0.875 0""");

    // PyTorch: each direction with a factor of its own
    // x = pat(7, 23, 1, 2, 3, 2)
    // y = F.interpolate(x, scale_factor=(3, 1), mode='nearest')
    // project(y)
    // show(TALL_Y=y, TALL_DX=x.grad)
    private static final float[] TALL_Y = Patterns.numbers(
            """
            -1.375 -0.5 -1.375 -0.5 -1.375 -0.5 0.375 1.25 0.375 1.25 0.375 1.25 -0.75 0.125 -0.75 0.125 -0.75
            0.125 1 -1 1 -1 1 -1 -0.125 0.75 -0.125 0.75 -0.125 0.75 -1.25 -0.375 -1.25 -0.375 -1.25 -0.375""");
    private static final float[] TALL_DX =
            Patterns.numbers("""
            -2.25 1.875 1.125 -1.875 -0.25 1.5 0.75 -2.25 -0.625 1.125 0.375 -0.25""");

    // PyTorch: down and up again beside the skip connection of a U-Net
    // x = pat(7, 67, 1, 2, 4, 4)
    // y = torch.cat([F.interpolate(F.max_pool2d(x, 2), scale_factor=2, mode='nearest'), x], 1)
    // project(y)
    // show(SKIP_Y=y, SKIP_DX=x.grad)
    private static final float[] SKIP_Y = Patterns.numbers(
            """
            0.25 0.25 2 2 0.25 0.25 2 2 3.75 3.75 0.625 0.625 3.75 3.75 0.625 0.625 2.375 2.375 4.125 4.125
            2.375 2.375 4.125 4.125 3.625 3.625 2.75 2.75 3.625 3.625 2.75 2.75 -4.125 -3.25 -2.375 -1.5 -0.625
            0.25 1.125 2 2.875 3.75 -3.75 -2.875 -2 -1.125 -0.25 0.625 1.5 2.375 3.25 4.125 -3.375 -2.5 -1.625
            -0.75 0.125 1 1.875 2.75 3.625 -3.875 -3 -2.125""");
    private static final float[] SKIP_DX = Patterns.numbers(
            """
            0.125 -0.875 0.5 -0.5 0.875 -0.375 -1.125 -0.875 -0.75 1.625 -0.375 1 0 -1 0.375 -0.5 0.75 -0.375
            1.125 -0.875 -0.875 0.5 -0.5 0.875 -0.125 -1.125 0.25 -0.5 1.75 -0.375 1 0""");

    private static Tensor skip(Tensor x) {
        Tensor small = Pool2dOp.apply(x, Kind.MAX, 2, 2, 0, false);
        return ConcatOp.apply(UpsampleNearestOp.apply(small, 2), x);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 2, 2, 3)) {
            GradCheck.run(() -> UpsampleNearestOp.apply(x, 2), x).expect(0, 0, Shape.of(2, 2, 4, 6), Y, DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneDirectionOnly(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 1, 2, 3, 2)) {
            GradCheck.run(() -> UpsampleNearestOp.apply(x, 3, 1), x)
                    .expect(0, 0, Shape.of(1, 2, 9, 2), TALL_Y, TALL_DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void besideASkipConnection(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 67, 1, 2, 4, 4)) {
            GradCheck.run(() -> skip(x), x).expect(0, 0, Shape.of(1, 4, 4, 4), SKIP_Y, SKIP_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 67, 1, 2, 4, 4)) {
            GradCheck.numeric(() -> UpsampleNearestOp.apply(x, 2, 3), 0.5, 1e-5, x);
            // all values differ by 1/8 or more: no window changes its maximum within the step
            GradCheck.numeric(() -> skip(x), 0.05, 1e-5, x);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 1, 2, 3, 3);
                Tensor flat = Patterns.constant(backend, 7, 23, 3, 3)) {
            assertEquals(
                    "upsampleNearest: expected input of rank 4, got shape (3, 3)",
                    assertThrows(IllegalArgumentException.class, () -> UpsampleNearestOp.apply(flat, 2))
                            .getMessage());
            assertEquals(
                    "upsampleNearest: expected factorH >= 1, got 0",
                    assertThrows(IllegalArgumentException.class, () -> UpsampleNearestOp.apply(x, 0))
                            .getMessage());
        }
    }
}
