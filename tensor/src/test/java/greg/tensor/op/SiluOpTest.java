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
class SiluOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;

    // PyTorch: from -12 to 12
    // x = pat(7, 193, 2, 3, 2, 4)
    // y = F.silu(x)
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y = Patterns.numbers(
            """
            -7.3730095e-05 -0.00016397117 -0.00036240157 -0.00079510352 -0.0017291293 -0.0037199106
            -0.0078941943 -0.016455446 -0.033464255 -0.065613866 -0.12131238 -0.20211023 -0.27363829 -0.21790321
            0.14054413 0.84927936 1.7615942 2.7214654 3.6638349 4.5800983 5.4776142 6.3641579 7.2448549
            8.1225953 8.9988894 9.874492 10.749769 11.624896 -0.00010392397 -0.0002305332 -0.00050799186
            -0.0011105512 -0.0024046515 -0.0051451104 -0.010842105 -0.022385757 -0.044901704 -0.086165137
            -0.15353457 -0.23840584 -0.27572064 -0.10945587 0.40709679 1.2263617 2.1728898 3.1286876 4.0593861
            4.9665357""");
    private static final float[] DX = Patterns.numbers(
            """
            7.6033651e-05 -3.7307444e-05 0.00024527438 -0.00044389065 0.00057200647 -0.0032302387 -0 0.013608428
            -0.0099552872 0.030414871 -0.059592962 0.02495295 -0.046455924 0.025839102 -0.54574627 0.48153032
            -0.54539212 0.95544049 -0.13265099 -1.164102 0.25455613 -0.75684221 0.62776987 -0.37579049 1.000987
            0 -1.0002091 0.37503562 5.936459e-05 -0.00015681248 0.00011413088 -0.001110397 -0.00026349785
            0.0038778151 -0.0045614718 0.0091122533 -0.030412638 0.0076509899 0.10342348 -0.022696062
            -0.027704527 0.23518124 -0.29748269 1.0412942 0 -1.0794573 0.39324892 -0.64159215""");

    // PyTorch:
    // x = pat(7, 23, 3, 5)
    // h = F.silu(x)
    // y = F.silu(F.silu(h + x) + h)
    // project(y)
    // show(DIAMOND_Y=y, DIAMOND_DX=x.grad)
    private static final float[] DIAMOND_Y = Patterns.numbers(
            """
            -0.19958765 -0.16624994 0.39327139 2.8315099 -0.19105834 0.092928535 1.9823884 -0.20060355
            -0.06596518 1.2163138 -0.2014111 -0.14421273 0.61570067 3.2661642 -0.18119358""");
    private static final float[] DIAMOND_DX = Patterns.numbers(
            """
            0.021882923 0.036177964 -1.1785312 2.166339 -0.023476192 0.87318533 0 -0.017850109 0.16503032
            -1.7399595 -0.0070647978 -0.052933662 2.2399397 0.43535951 -0.084907543""");

    private static Tensor diamond(Tensor x) {
        Tensor h = SiluOp.apply(x);
        return SiluOp.apply(AddOp.apply(SiluOp.apply(AddOp.apply(h, x)), h));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 193, 2, 3, 2, 4)) {
            GradCheck.run(() -> SiluOp.apply(x), x).expect(TOLERANCE, TOLERANCE, Shape.of(2, 3, 2, 4), Y, DX);
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
            GradCheck.numeric(() -> SiluOp.apply(x), 0.01, 1e-4, x);
            GradCheck.numeric(() -> diamond(x), 0.01, 1e-4, x);
        }
    }
}
