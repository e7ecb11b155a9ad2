package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.ChannelRoute;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class ShortcutOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    // PyTorch: odd height and width; 2 channels before, 3 after
    // x = pat(7, 23, 2, 2, 3, 5)
    // y = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 3))
    // project(y)
    // show(Y=y, DX=x.grad)
    private static final float[] Y = Patterns.numbers(
            """
            0 0 0 0 0 0 0 0 0 0 0 0 -1.375 0.375 -0.75 -1.25 0.5 -0.625 0.25 -0.875 0.875 0.375 -0.75 1 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -1 0.75 -0.375 -0.875 0.875 -0.25 0.625 -0.5
            1.25 0.75 -0.375 1.375 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0""");
    private static final float[] DX = Patterns.numbers(
            """
            1.125 0 0.125 0 -0.875 0 0 0 0 0 0.5 0 -0.5 0 0.875 -0.125 0 -1.125 0 0.25 0 0 0 0 0 -0.75 0 0.625 0
            -0.375 -0.5 0 0.875 0 -0.125 0 0 0 0 0 -1.125 0 0.25 0 -0.75 0.625 0 -0.375 0 1 0 0 0 0 0 0 0 -1 0
            0.375""");

    // PyTorch: one input at two places, then once more with stride 1
    // x = pat(7, 23, 1, 2, 4, 3)
    // y = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 2)) + F.pad(F.relu(x)[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1))
    // y = F.pad(y, (0, 0, 0, 0, 1, 0))
    // project(y)
    // show(REUSED_Y=y, REUSED_DX=x.grad)
    private static final float[] REUSED_Y =
            Patterns.numbers("""
            0 0 0 0 -1.375 0.375 1 -0.125 0.5 -0.25 1 -1.125 0.5 0 0 0 0 0 0 0""");
    private static final float[] REUSED_DX = Patterns.numbers(
            """
            -0.375 0 0.375 0 0 0 0.75 0 -1 0 0 0 1.5 0 -0.625 0 0 0 0.75 0 -0.25 0 0 0""");

    private static Tensor padded(Tensor x, int outChannels, int stride, int before) {
        return ShortcutOp.apply(x, ChannelRoute.padded(x.shape().dim(1), outChannels, before), stride);
    }

    // PyTorch: such a shortcut after both sides have lost channels
    // x = pat(7, 23, 1, 3, 3, 2)
    // y = torch.stack([0 * x[:, 0], x[:, 2], x[:, 0], 0 * x[:, 0]], 1)[:, :, ::2, ::2]
    // project(y)
    // show(ROUTED_Y=y, ROUTED_DX=x.grad)
    private static final float[] ROUTED_Y = Patterns.numbers("""
            0 0 0.5 1.125 -1.375 -0.75 0 0""");
    private static final float[] ROUTED_DX =
            Patterns.numbers("""
            -0.375 0 0 0 1 0 0 0 0 0 0 0 -0.75 0 0 0 0.625 0""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void channelsInAnyOrderAndSomeLeftOut(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        ChannelRoute route = new ChannelRoute(3, List.of(-1, 2, 0, -1));
        try (Tensor x = Patterns.parameter(backend, 7, 23, 1, 3, 3, 2)) {
            GradCheck.run(() -> ShortcutOp.apply(x, route, 2), x)
                    .expect(0, 0, Shape.of(1, 4, 2, 1), ROUTED_Y, ROUTED_DX);
        }
    }

    @Test
    void refusesRoutesThatDoNotFit() {
        assertEquals(
                "shortcut: expected different sources in 0..2, or -1 for zeros, got 1 in [1, 1]",
                assertThrows(IllegalArgumentException.class, () -> new ChannelRoute(3, List.of(1, 1)))
                        .getMessage());
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 1, 2, 3, 3)) {
            ChannelRoute route = ChannelRoute.padded(3, 4, 1);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> ShortcutOp.apply(x, route, 1))
                    .getMessage()
                    .startsWith("shortcut: the route expects 3 input channels, the input is (1, 2, 3, 3)"));
        }
    }

    private static Tensor reused(Tensor x) {
        Tensor sum = AddOp.apply(padded(x, 4, 2, 0), padded(ReluOp.apply(x), 4, 2, 1));
        return padded(sum, 5, 1, 1);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 2, 3, 5)) {
            GradCheck.run(() -> padded(x, 7, 2, 2), x).expect(0, 0, Shape.of(2, 7, 2, 3), Y, DX);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void inputUsedTwice(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 1, 2, 4, 3)) {
            GradCheck.run(() -> reused(x), x).expect(0, 0, Shape.of(1, 5, 2, 2), REUSED_Y, REUSED_DX);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.offZero(backend, 7, 23, 1, 2, 4, 3)) {
            GradCheck.numeric(() -> padded(x, 7, 2, 2), 0.5, 1e-5, x);
            GradCheck.numeric(() -> reused(x), 0.05, 1e-5, x);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 1, 2, 3, 3);
                Tensor flat = Patterns.constant(backend, 7, 23, 3, 3)) {
            assertEquals(
                    "shortcut: expected input of rank 4, got shape (3, 3)",
                    assertThrows(IllegalArgumentException.class, () -> padded(flat, 4, 2, 0))
                            .getMessage());
            assertEquals(
                    "shortcut: 2 channels at offset 3 do not fit into 4",
                    assertThrows(IllegalArgumentException.class, () -> padded(x, 4, 2, 3))
                            .getMessage());
        }
    }
}
