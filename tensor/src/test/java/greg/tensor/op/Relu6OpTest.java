package greg.tensor.op;

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

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. The derivative at 0 and at 6 is 0. */
class Relu6OpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    // PyTorch: half of the elements are beyond 6 or below 0
    // x = pat(7, 193, 2, 3, 2, 4)
    // y = F.relu6(x)
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y = Patterns.numbers(
            """
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0.25 1.125 2 2.875 3.75 4.625 5.5 6 6 6 6 6 6 6 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0.625 1.5 2.375 3.25 4.125 5""");
    private static final float[] DX = Patterns.numbers(
            """
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 -0.875 0.5 -0.5 0.875 -0.125 -1.125 0.25 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 -0.375 1 0 -1 0.375 -0.625""");

    // PyTorch:
    // x = pat(7, 193, 3, 5)
    // h = F.relu6(x)
    // y = F.relu6(F.relu6(h + x) + h)
    // project(y)
    // show(DIAMOND_Y=y, DIAMOND_DX=x.grad)
    private static final float[] DIAMOND_Y = Patterns.numbers("""
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0.75""");
    private static final float[] DIAMOND_DX = Patterns.numbers("""
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 -2.625""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 193, 2, 3, 2, 4)) {
            GradCheck.run(() -> Relu6Op.apply(x), x).expect(0, 0, Shape.of(2, 3, 2, 4), Y, DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void residualDiamond(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 193, 3, 5)) {
            GradCheck.run(
                            () -> {
                                Tensor h = Relu6Op.apply(x);
                                return Relu6Op.apply(AddOp.apply(Relu6Op.apply(AddOp.apply(h, x)), h));
                            },
                            x)
                    .expect(0, 0, Shape.of(3, 5), DIAMOND_Y, DIAMOND_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.offZero(backend, 7, 193, 4, 5)) {
            GradCheck.numeric(() -> Relu6Op.apply(x), 0.05, 1e-5, x);
        }
    }
}
