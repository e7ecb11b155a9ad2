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
class ConcatOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    // PyTorch:
    // a = pat(7, 23, 2, 3, 2, 2)
    // b = pat(5, 17, 2, 1, 2, 2)
    // c = pat(3, 13, 2, 2, 2, 2)
    // y = torch.cat([a, b, c], 1)
    // project(y)
    // show(Y=y, DA=a.grad, DB=b.grad, DC=c.grad)
    private static final float[] Y = Patterns.numbers(
            """
            -1.375 -0.5 0.375 1.25 -0.75 0.125 1 -1 -0.125 0.75 -1.25 -0.375 -1 -0.375 0.25 0.875 -0.75 -0.375
            0 0.375 0.75 -0.5 -0.125 0.25 0.5 1.375 -0.625 0.25 1.125 -0.875 0 0.875 -1.125 -0.25 0.625 -1.375
            -0.625 0 0.625 -0.875 0.625 -0.625 -0.25 0.125 0.5 -0.75 -0.375 0""");
    private static final float[] DA = Patterns.numbers(
            """
            -1.125 0.25 -0.75 0.625 -0.375 1 0 -1 0.375 -0.625 0.75 -0.25 1 0 -1 0.375 -0.625 0.75 -0.25 1.125
            0.125 -0.875 0.5 -0.5""");
    private static final float[] DB =
            Patterns.numbers("""
            1.125 0.125 -0.875 0.5 0.875 -0.125 -1.125 0.25""");
    private static final float[] DC = Patterns.numbers(
            """
            -0.5 0.875 -0.125 -1.125 0.25 -0.75 0.625 -0.375 -0.75 0.625 -0.375 1 0 -1 0.375 -0.625""");

    // PyTorch: one input at three places, features
    // a = pat(7, 23, 2, 3)
    // y = torch.cat([a, F.relu(a), a], 1)
    // project(y)
    // show(REUSED_Y=y, REUSED_DA=a.grad)
    private static final float[] REUSED_Y = Patterns.numbers(
            """
            -1.375 -0.5 0.375 0 0 0.375 -1.375 -0.5 0.375 1.25 -0.75 0.125 1.25 0 0.125 1.25 -0.75 0.125""");
    private static final float[] REUSED_DA = Patterns.numbers("""
            -1.125 -0.75 0.625 1 0.25 -0.25""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.parameter(backend, 5, 17, 2, 1, 2, 2);
                Tensor c = Patterns.parameter(backend, 3, 13, 2, 2, 2, 2)) {
            GradCheck.run(() -> ConcatOp.apply(a, b, c), a, b, c).expect(0, 0, Shape.of(2, 6, 2, 2), Y, DA, DB, DC);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneInputAtThreePlaces(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3)) {
            GradCheck.run(() -> ConcatOp.apply(a, ReluOp.apply(a), a), a)
                    .expect(0, 0, Shape.of(2, 9), REUSED_Y, REUSED_DA);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void anInputWithoutGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor a = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.constant(backend, 5, 17, 2, 1, 2, 2);
                Tensor c = Patterns.parameter(backend, 3, 13, 2, 2, 2, 2)) {
            GradCheck.run(() -> ConcatOp.apply(a, b, c), a, b, c).expect(0, 0, Shape.of(2, 6, 2, 2), Y, DA, DC);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor a = Patterns.offZero(backend, 7, 23, 2, 3, 1, 2);
                Tensor b = Patterns.offZero(backend, 5, 17, 2, 1, 1, 2)) {
            GradCheck.numeric(() -> ConcatOp.apply(a, b, ReluOp.apply(a)), 0.05, 1e-5, a, b);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor a = Patterns.constant(backend, 7, 23, 2, 3, 2, 2);
                Tensor b = Patterns.constant(backend, 7, 23, 2, 3, 2, 1);
                Tensor flat = Patterns.constant(backend, 7, 23, 2, 3)) {
            for (Tensor other : new Tensor[] {b, flat}) {
                assertEquals(
                        "concat: expected inputs that differ in channels alone, got (2, 3, 2, 2) and " + other.shape(),
                        assertThrows(IllegalArgumentException.class, () -> ConcatOp.apply(a, other))
                                .getMessage());
            }
            assertThrows(IllegalArgumentException.class, ConcatOp::apply);
        }
    }
}
