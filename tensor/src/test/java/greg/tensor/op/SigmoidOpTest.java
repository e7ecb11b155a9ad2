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

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class SigmoidOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;

    // PyTorch: from -12 to 12
    // x = pat(7, 193, 2, 3, 2, 4)
    // y = torch.sigmoid(x)
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y = Patterns.numbers(
            """
            6.1441746e-06 1.4738982e-05 3.5356251e-05 8.4811042e-05 0.00020342698 0.00048785712 0.0011695103
            0.002800927 0.0066928509 0.015906392 0.037326887 0.085099045 0.18242552 0.34864514 0.5621765
            0.75491499 0.88079708 0.94659667 0.97702263 0.99029152 0.99592986 0.99829928 0.99929033 0.99970404
            0.99987661 0.99994856 0.99997856 0.99999106 8.9396963e-06 2.1444948e-05 5.1442214e-05 0.00012339458
            0.00029595711 0.0007096704 0.0017007224 0.0040701377 0.0097084765 0.02297737 0.05340333 0.11920292
            0.24508501 0.4378235 0.65135486 0.81757448 0.91490095 0.96267311 0.98409361 0.99330715""");
    private static final float[] DX = Patterns.numbers(
            """
            -6.912154e-06 3.6846912e-06 -2.6516251e-05 5.3002406e-05 -7.6269598e-05 0.00048761912 0
            -0.0027930818 0.0024930213 -0.0097833615 0.026950193 -0.019464299 0.16778976 0.028386463 -0.21536732
            0.092509175 -0.052496793 0.044232487 -0.0028061763 -0.010816 0.0010133929 -0.0012733725
            0.00044322923 -0.00011095107 0.00012337935 0 -2.1444489e-05 3.3523561e-06 -5.5872602e-06
            1.6083366e-05 -1.2859892e-05 0.00013880177 3.698369e-05 -0.00062052092 0.00084891498 -0.0020267858
            0.0084124442 -0.0028061763 -0.056870341 0.026248396 -0.13876376 0.1538338 -0.085159389 0.14914645 0
            -0.035933591 0.0058700169 -0.0041550354""");

    // PyTorch:
    // x = pat(7, 23, 3, 5)
    // h = torch.sigmoid(x)
    // y = torch.sigmoid(torch.sigmoid(h + x) + h)
    // project(y)
    // show(DIAMOND_Y=y, DIAMOND_DX=x.grad)
    private static final float[] DIAMOND_Y = Patterns.numbers(
            """
            0.60780446 0.69992989 0.78873561 0.84036329 0.67153675 0.76667269 0.82929038 0.64426038 0.74152342
            0.81546991 0.61923632 0.71410717 0.7984933 0.84501191 0.68567856""");
    private static final float[] DIAMOND_DX = Patterns.numbers(
            """
            -0.099386923 0.028490303 -0.061126273 0.024627901 -0.042083058 0.094798747 0 -0.10522132 0.03969182
            -0.038348829 0.070880959 -0.028157744 0.08395414 0.0043809312 -0.099587152""");

    private static Tensor diamond(Tensor x) {
        Tensor h = SigmoidOp.apply(x);
        return SigmoidOp.apply(AddOp.apply(SigmoidOp.apply(AddOp.apply(h, x)), h));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 193, 2, 3, 2, 4)) {
            GradCheck.run(() -> SigmoidOp.apply(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(2, 3, 2, 4), Y, DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void residualDiamond(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 3, 5)) {
            GradCheck.run(() -> diamond(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(3, 5), DIAMOND_Y, DIAMOND_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 23, 4, 5)) {
            GradCheck.numeric(() -> SigmoidOp.apply(x), 0.01, 1e-4, x);
            GradCheck.numeric(() -> diamond(x), 0.01, 1e-4, x);
        }
    }
}
