package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
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
class FlattenOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-5;

    // PyTorch: 16 channels, so that a backend with a blocked layout uses it between the convolution and the product
    // x, w, v = pat(7, 23, 2, 3, 2, 2), pat(5, 17, 16, 3, 1, 1), pat(13, 31, 2, 64)
    // y = F.linear(F.conv2d(x, w).flatten(1), v)
    // project(y)
    // show(NET_Y=y, NET_DX=x.grad, NET_DW=w.grad)
    private static final float[] NET_Y =
            Patterns.numbers("""
            10.238281 -1.2304688 -0.91992188 13.367188""");
    private static final float[] NET_DX = Patterns.numbers(
            """
            -1.1738281 2.3007812 -2.3378906 -1.5273438 2.5039062 1.2363281 -2.7558594 0.63867188 2.03125
            -1.9199219 1.9394531 0.71289062 0.12695312 2.3359375 -1.7519531 -0.20898438 3.1660156 0.41601562
            -0.15429688 -0.24023438 0.75976562 -1.8027344 2.1738281 -0.5703125""");
    private static final float[] NET_DW = Patterns.numbers(
            """
            -2.2324219 -1.1835938 -1.2128906 0.75585938 -0.72265625 3.234375 -1.0996094 0.76757812 -0.734375
            -2.2285156 -1.1328125 -1.0703125 0.75976562 -0.671875 3.3769531 -1.0957031 0.81835938 -0.59179688
            -2.2246094 -1.0820312 -0.92773438 4.09375 -0.43945312 -2.2324219 -1.0917969 0.86914062 -0.44921875
            -2.2207031 -1.03125 -0.78515625 4.0976562 -0.38867188 -2.0898438 -1.0878906 0.91992188 -0.30664062
            -2.2167969 -0.98046875 -0.64257812 4.1015625 -0.33789062 -1.9472656 -1.0839844 0.97070312 -0.1640625
            -2.2734375 1.4316406 -1.2871094""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void keepsTheRowMajorOrder(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2)) {
            Shape out = Shape.of(2, 12);
            GradCheck.run(() -> FlattenOp.apply(x), x)
                    .expect(0, 0, out, Patterns.values(7, 23, out), Patterns.projection(out));
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void twiceTheSameInput(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2)) {
            Shape out = Shape.of(2, 12);
            float[] y = Patterns.values(7, 23, out);
            float[] dx = Patterns.projection(out);
            for (int i = 0; i < 24; i++) {
                y[i] *= 2;
                dx[i] *= 2;
            }
            GradCheck.run(() -> AddOp.apply(FlattenOp.apply(x), FlattenOp.apply(x)), x)
                    .expect(0, 0, out, y, dx);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void betweenConvolutionAndProductAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2);
                Tensor w = Patterns.parameter(backend, 5, 17, 16, 3, 1, 1);
                Tensor v = Patterns.constant(backend, 13, 31, 2, 64)) {
            GradCheck.run(
                            () -> LinearOp.apply(
                                    FlattenOp.apply(Conv2dOp.apply(x, w, null, Conv2dOptions.DEFAULT)), v, null),
                            x,
                            w)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(2, 2), NET_Y, NET_DX, NET_DW);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 23, 2, 3, 2, 2)) {
            GradCheck.numeric(() -> FlattenOp.apply(x), 0.5, 1e-5, x);
        }
    }

    @Test
    void refusesOtherRanks() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 2, 3)) {
            assertEquals(
                    "flatten: expected input of rank 4, got shape (2, 3)",
                    assertThrows(IllegalArgumentException.class, () -> FlattenOp.apply(x))
                            .getMessage());
        }
    }
}
