package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;

import greg.kernels.Backend;
import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import org.junit.jupiter.api.Test;

/** {@code sigmoid.ptx} promises the bits of its operations on every device: those that the same operations have in Java. */
class SigmoidBitsTest {
    private static final float LOG2_E = Float.intBitsToFloat(0x3FB8AA3B);
    private static final float MINUS_LN2_HIGH = Float.intBitsToFloat(0xBF317200);
    private static final float MINUS_LN2_LOW = Float.intBitsToFloat(0xB5BFBE8E);
    private static final int[] POLYNOMIAL = {
        0x39500D01, 0x3AB60B61, 0x3C088889, 0x3D2AAAAB, 0x3E2AAAAB, 0x3F000000, 0x3F800000, 0x3F800000
    };

    /** exp(x) for x from -120 to 0. */
    private static float exp(float x) {
        int n = (int) Math.rint(x * LOG2_E);
        float r = Math.fma((float) n, MINUS_LN2_LOW, Math.fma((float) n, MINUS_LN2_HIGH, x));
        float e = Float.intBitsToFloat(POLYNOMIAL[0]);
        for (int i = 1; i < POLYNOMIAL.length; i++) e = Math.fma(e, r, Float.intBitsToFloat(POLYNOMIAL[i]));
        int half = n >> 1;
        return e * Math.scalb(1f, half) * Math.scalb(1f, n - half);
    }

    /** factor / (1 + exp(-x)). */
    private static float sigmoid(float factor, float x) {
        float e = exp(Math.max(-120, -Math.abs(x)));
        return factor * (x >= 0 ? 1 : e) / (e + 1);
    }

    @Test
    void everyOperationIsRoundedOnce() {
        Backend backend = new Gpu().backend();
        int n = 4000;
        float[] x = gauss(1, n);
        float[] s = new float[n];
        float[] silu = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] *= 1 + i / 100;
            s[i] = sigmoid(1, x[i]);
            silu[i] = sigmoid(x[i], x[i]);
        }
        int[] dims = {n};
        try (Workspace k = new Workspace(backend)) {
            Storage xs = k.put(x);
            Storage y = k.out(n);
            backend.elementwise().sigmoid(dims, xs, y);
            Compare.identical("sigmoid", s, k.get(y, n));
            backend.elementwise().silu(dims, xs, y);
            Compare.identical("silu", silu, k.get(y, n));
        }
    }
}
