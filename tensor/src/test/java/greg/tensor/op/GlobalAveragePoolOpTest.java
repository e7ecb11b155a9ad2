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
class GlobalAveragePoolOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;

    // PyTorch:
    // x = pat(7, 23, 2, 3, 3, 5)
    // y = F.adaptive_avg_pool2d(x, 1).flatten(1)
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y =
            Patterns.numbers("""
            -0.041666667 0.05 -0.05 0.041666667 -0.058333333 0.033333333""");
    private static final float[] DX = Patterns.numbers(
            """
            -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075 -0.075
            -0.075 0.016666667 0.016666667 0.016666667 0.016666667 0.016666667 0.016666667 0.016666667
            0.016666667 0.016666667 0.016666667 0.016666667 0.016666667 0.016666667 0.016666667 0.016666667
            -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05 -0.05
            0.041666667 0.041666667 0.041666667 0.041666667 0.041666667 0.041666667 0.041666667 0.041666667
            0.041666667 0.041666667 0.041666667 0.041666667 0.041666667 0.041666667 0.041666667 -0.025 -0.025
            -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025 -0.025
            0.066666667 0.066666667 0.066666667 0.066666667 0.066666667 0.066666667 0.066666667 0.066666667
            0.066666667 0.066666667 0.066666667 0.066666667 0.066666667 0.066666667 0.066666667""");

    // PyTorch:
    // x = pat(7, 23, 2, 3, 2, 3)
    // h = F.relu(x)
    // gap = lambda t: F.adaptive_avg_pool2d(t, 1).flatten(1)
    // y = gap(h) + gap(h + x)
    // project(y)
    // show(REUSED_Y=y, REUSED_DX=x.grad)
    private static final float[] REUSED_Y =
            Patterns.numbers("""
            0.4375 0.41666667 1.375 0.29166667 1.1666667 0.16666667""");
    private static final float[] REUSED_DX = Patterns.numbers(
            """
            -0.1875 -0.1875 -0.5625 -0.5625 -0.1875 -0.5625 0.125 0.041666667 0.041666667 0.125 0.041666667
            0.041666667 -0.375 -0.375 -0.125 -0.375 -0.375 -0.125 0.10416667 0.3125 0.10416667 0.10416667 0.3125
            0.10416667 -0.0625 -0.1875 -0.1875 -0.0625 -0.1875 -0.1875 0.16666667 0.16666667 0.5 0.16666667
            0.16666667 0.5""");

    private static Tensor reused(Tensor x) {
        Tensor h = ReluOp.apply(x);
        return AddOp.apply(GlobalAveragePoolOp.apply(h), GlobalAveragePoolOp.apply(AddOp.apply(h, x)));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 3, 5)) {
            GradCheck.run(() -> GlobalAveragePoolOp.apply(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(2, 3), Y, DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void inputUsedTwice(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 3)) {
            GradCheck.run(() -> reused(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(2, 3), REUSED_Y, REUSED_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.offZero(backend, 7, 23, 2, 3, 2, 3)) {
            GradCheck.numeric(() -> GlobalAveragePoolOp.apply(x), 0.5, 1e-5, x);
            GradCheck.numeric(() -> reused(x), 0.05, 1e-5, x);
        }
    }

    @Test
    void refusesOtherRanks() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 2, 3)) {
            assertEquals(
                    "globalAveragePool: expected input of rank 4, got shape (2, 3)",
                    assertThrows(IllegalArgumentException.class, () -> GlobalAveragePoolOp.apply(x))
                            .getMessage());
        }
    }
}
