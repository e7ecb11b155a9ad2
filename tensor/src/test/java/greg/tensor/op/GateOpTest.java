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
class GateOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;
    private static final Shape SHAPE = Shape.of(2, 3, 3, 2);

    // PyTorch:
    // x, g = pat(7, 23, 2, 3, 3, 2), pat(5, 17, 2, 3, 1, 1)
    // y = x * g
    // project(y)
    // show(Y=y, DX=x.grad, DG=g.grad)
    private static final float[] Y = Patterns.numbers(
            """
            1.375 0.5 -0.375 -1.25 0.75 -0.125 -0.375 0.375 0.046875 -0.28125 0.46875 0.140625 0.125 0.34375
            -0.15625 0.0625 0.28125 -0.21875 0 0.765625 -0.984375 -0.21875 0.546875 -1.203125 0.3125 -0.234375
            -0.78125 0.46875 -0.078125 -0.625 -0 -0 0 -0 -0 0""");
    private static final float[] DX = Patterns.numbers(
            """
            1.125 -0.25 0.75 -0.625 0.375 -1 -0 0.375 -0.140625 0.234375 -0.28125 0.09375 0.28125 0.03125
            -0.21875 0.125 -0.125 0.21875 -0.109375 -0.984375 0.21875 -0.65625 0.546875 -0.328125 -0.625 -0
            0.625 -0.234375 0.390625 -0.46875 -0 0 0 -0 0 -0""");
    private static final float[] DG =
            Patterns.numbers("""
            2.328125 -0.359375 0.078125 -0.171875 -1.359375 0.859375""");

    // PyTorch: squeeze-and-excitation, the input on both paths
    // x, w = pat(7, 23, 2, 3, 3, 2), pat(5, 17, 3, 3)
    // s = torch.sigmoid(F.linear(x.mean((2, 3)), w))
    // y = x * s[:, :, None, None]
    // project(y)
    // show(SE_Y=y, SE_DX=x.grad, SE_DW=w.grad)
    private static final float[] SE_Y = Patterns.numbers(
            """
            -0.7835474 -0.28492633 0.21369474 0.71231581 -0.42738949 0.071231581 0.49414089 -0.49414089
            -0.061767612 0.37060567 -0.61767612 -0.18530283 0.24772142 0.6812339 -0.30965177 0.12386071
            0.55737319 -0.43351248 0 0.44889065 -0.57714513 -0.12825447 0.32063618 -0.7053996 -0.20808188
            0.15606141 0.52020471 -0.31212283 0.052020471 0.41616377 -0.42887115 -0.053608893 0.32165336
            -0.53608893 -0.16082668 0.21443557""");
    private static final float[] SE_DX = Patterns.numbers(
            """
            -0.74726221 0.036285182 -0.53356747 0.24997993 -0.31987272 0.46367467 -0.029157595 -0.52329849
            0.15614524 -0.33799565 0.34144807 -0.15269282 0.58033743 0.084894595 -0.41054824 0.27068566
            -0.22475718 0.45647672 -0.083211175 -0.59622907 0.10917053 -0.40384736 0.30155224 -0.21146565
            0.42255532 0.0063915495 -0.40977222 0.16245296 -0.2537108 0.31851437 -0.1177776 0.47192023
            0.04304908 -0.38582207 0.20387576 -0.22499539""");
    private static final float[] SE_DW = Patterns.numbers(
            """
            -0.07427716 -0.10584681 0.17718073 0.081910699 -0.067600439 0.056371512 -0.046701384 0.049369038
            -0.046927834""");

    // PyTorch: one gate after another, the first also added
    // x, g = pat(7, 23, 2, 3, 3, 2), pat(5, 17, 2, 3, 1, 1)
    // h = x * g
    // y = F.relu(h) * (g * g) + h
    // project(y)
    // show(TWICE_Y=y, TWICE_DX=x.grad, TWICE_DG=g.grad)
    private static final float[] TWICE_Y = Patterns.numbers(
            """
            2.75 1 -0.375 -1.25 1.5 -0.125 -0.375 0.42773438 0.053466797 -0.28125 0.53466797 0.16040039
            0.1328125 0.36523438 -0.15625 0.06640625 0.29882812 -0.21875 0 1.3518066 -0.984375 -0.21875
            0.96557617 -1.203125 0.43457031 -0.234375 -0.78125 0.65185547 -0.078125 -0.625 -0 -0 0 -0 -0 0""");
    private static final float[] TWICE_DX = Patterns.numbers(
            """
            2.25 -0.5 0.75 -0.625 0.75 -1 -0 0.42773438 -0.16040039 0.234375 -0.32080078 0.10693359 0.29882812
            0.033203125 -0.21875 0.1328125 -0.1328125 0.21875 -0.109375 -1.7380371 0.21875 -0.65625 0.96557617
            -0.328125 -0.86914062 -0 0.625 -0.32592773 0.390625 -0.46875 -0 0 0 -0 0 -0""");
    private static final float[] TWICE_DG =
            Patterns.numbers("""
            7.4375 -0.31323242 0.13378906 -1.5356445 -2.2749023 0.859375""");

    private static Tensor squeezeAndExcite(Tensor x, Tensor w) {
        return GateOp.apply(x, SigmoidOp.apply(LinearOp.apply(GlobalAveragePoolOp.apply(x), w, null)));
    }

    private static Tensor twice(Tensor x, Tensor gate) {
        Tensor h = GateOp.apply(x, gate);
        return AddOp.apply(GateOp.apply(ReluOp.apply(h), GateOp.apply(gate, gate)), h);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 3, 2);
                Tensor image = Patterns.parameter(backend, 5, 17, 2, 3, 1, 1);
                Tensor matrix = Patterns.parameter(backend, 5, 17, 2, 3)) {
            for (Tensor gate : new Tensor[] {image, matrix}) {
                GradCheck.run(() -> GateOp.apply(x, gate), x, gate).expect(TOLERANCE, TOLERANCE, SHAPE, Y, DX, DG);
            }
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void squeezeAndExcitation(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 3, 2);
                Tensor w = Patterns.parameter(backend, 5, 17, 3, 3)) {
            GradCheck.run(() -> squeezeAndExcite(x, w), x, w).expect(TOLERANCE, TOLERANCE, SHAPE, SE_Y, SE_DX, SE_DW);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneGateTwice(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 3, 2);
                Tensor gate = Patterns.parameter(backend, 5, 17, 2, 3, 1, 1)) {
            GradCheck.run(() -> twice(x, gate), x, gate)
                    .expect(TOLERANCE, TOLERANCE, SHAPE, TWICE_Y, TWICE_DX, TWICE_DG);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void oneSideWantsNoGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 3, 2);
                Tensor fixed = Patterns.constant(backend, 7, 23, 2, 3, 3, 2);
                Tensor gate = Patterns.parameter(backend, 5, 17, 2, 3, 1, 1);
                Tensor constant = Patterns.constant(backend, 5, 17, 2, 3, 1, 1)) {
            GradCheck.run(() -> GateOp.apply(x, constant), x, constant).expect(TOLERANCE, TOLERANCE, SHAPE, Y, DX);
            GradCheck.run(() -> GateOp.apply(fixed, gate), fixed, gate).expect(TOLERANCE, TOLERANCE, SHAPE, Y, DG);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 3, 2);
                Tensor gate = Patterns.parameter(backend, 5, 17, 2, 3, 1, 1);
                Tensor w = Patterns.parameter(backend, 5, 17, 3, 3)) {
            GradCheck.numeric(() -> GateOp.apply(x, gate), 0.5, 1e-5, x, gate);
            GradCheck.numeric(() -> squeezeAndExcite(x, w), 0.01, 1e-4, x, w);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 2, 3, 4, 4);
                Tensor matrix = Patterns.constant(backend, 7, 23, 2, 3);
                Tensor wide = Patterns.constant(backend, 7, 23, 2, 4, 1, 1)) {
            assertEquals(
                    "gate: expected a gate of shape (2, 3) or (2, 3, 1, 1) for the input (2, 3, 4, 4), got"
                            + " (2, 4, 1, 1)",
                    assertThrows(IllegalArgumentException.class, () -> GateOp.apply(x, wide))
                            .getMessage());
            assertEquals(
                    "gate: expected input of rank 4, got shape (2, 3)",
                    assertThrows(IllegalArgumentException.class, () -> GateOp.apply(matrix, matrix))
                            .getMessage());
        }
    }
}
