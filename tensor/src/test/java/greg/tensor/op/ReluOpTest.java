package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. The derivative at 0 is 0. */
class ReluOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    // PyTorch:
    // x = pat(7, 23, 2, 3, 2, 2)
    // y = F.relu(x)
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y = Patterns.numbers(
            """
            0 0 0.375 1.25 0 0.125 1 0 0 0.75 0 0 0.5 1.375 0 0.25 1.125 0 0 0.875 0 0 0.625 0""");
    private static final float[] DX = Patterns.numbers(
            """
            0 0 -0.75 0.625 0 1 0 0 0 -0.625 0 0 1.125 0.125 0 0.5 -0.5 0 0 -1.125 0 0 0.625 0""");

    // PyTorch:
    // x = pat(7, 23, 4, 5)
    // h = F.relu(x)
    // y = F.relu(F.relu(h + x) + h)
    // project(y)
    // show(DIAMOND_Y=y, DIAMOND_DX=x.grad)
    private static final float[] DIAMOND_Y =
            Patterns.numbers("""
            0 0 1.125 3.75 0 0.375 3 0 0 2.25 0 0 1.5 4.125 0 0.75 3.375 0 0 2.625""");
    private static final float[] DIAMOND_DX =
            Patterns.numbers("""
            0 0 -2.25 1.875 0 3 0 0 0 -1.875 0 0 3.375 0.375 0 1.5 -1.5 0 0 -3.375""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2)) {
            GradCheck.run(() -> ReluOp.apply(x), x).expect(0, 0, Shape.of(2, 3, 2, 2), Y, DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void residualDiamond(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 4, 5)) {
            GradCheck.run(
                            () -> {
                                Tensor h = ReluOp.apply(x);
                                return ReluOp.apply(AddOp.apply(ReluOp.apply(AddOp.apply(h, x)), h));
                            },
                            x)
                    .expect(0, 0, Shape.of(4, 5), DIAMOND_Y, DIAMOND_DX);
        }
    }

    /** As in PyTorch. The seam leaves the treatment of NaN to the backend; oneDNN's ReLU makes it 0. */
    @Test
    void nanIsNotSwallowedOnReference() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Tensor.of(backend, Shape.of(3), Float.NaN, -1, 2)) {
            float[] y = ReluOp.apply(x).toHost();
            assertTrue(Float.isNaN(y[0]), "relu(NaN) = " + y[0]);
            assertEquals(0, y[1]);
            assertEquals(2, y[2]);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.offZero(backend, 7, 23, 4, 5)) {
            GradCheck.numeric(() -> ReluOp.apply(x), 0.05, 1e-5, x);
            GradCheck.numeric(() -> ReluOp.apply(AddOp.apply(ReluOp.apply(x), x)), 0.05, 1e-5, x);
        }
    }
}
