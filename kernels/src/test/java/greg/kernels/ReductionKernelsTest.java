package greg.kernels;

import static greg.kernels.Workspace.gauss;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums to one number. */
class ReductionKernelsTest {
    private static final int[] LENGTHS = {1, 7, 8, 255, 256, 257, 1025, 100_003};

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithASumInDouble(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (int n : LENGTHS) {
            float[] x = gauss(n, n);
            double sum = 0;
            double abs = 0;
            for (float value : x) {
                sum += value;
                abs += Math.abs(value);
            }
            try (Workspace k = new Workspace(backend)) {
                Storage xs = k.put(x);
                ReductionKernels reduction = backend.reduction();
                Storage out = k.out(1);
                reduction.sum(n, xs, out);
                Compare.close("sum of " + n, new float[] {(float) sum}, k.get(out, 1), Compare.sum(n, 1), 1e-6);
                reduction.sumAbs(n, xs, out);
                Compare.close("sumAbs of " + n, new float[] {(float) abs}, k.get(out, 1), 0, 3e-6);
                float[] once = k.get(out, 1);
                reduction.sumAbs(n, xs, out);
                Compare.identical("sumAbs of " + n + " again", once, k.get(out, 1));
            }
        }
    }

    /**
     * More than 2^21 elements: the maximum number of blocks of the GPU's kernel, each with more than one round of elements.
     */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void longSums(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        int n = (1 << 21) + 3 * 4096 + 5;
        float[] x = new float[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            x[i] = (i % 17 - 7) / 8f;
            sum += x[i];
        }
        try (Workspace k = new Workspace(backend)) {
            Storage out = k.out(1);
            backend.reduction().sum(n, k.put(x), out);
            Compare.close("sum of " + n, new float[] {(float) sum}, k.get(out, 1), Compare.sum(n, 1), 1e-6);
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void sumsTheFirstElementsOnly(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Workspace k = new Workspace(backend)) {
            Storage xs = k.put(1, 2, -4, 8, Float.NaN);
            Storage out = k.out(1);
            backend.reduction().sum(4, xs, out);
            Compare.equal("sum", new float[] {7}, k.get(out, 1));
            backend.reduction().sumAbs(4, xs, out);
            Compare.equal("sumAbs", new float[] {15}, k.get(out, 1));
        }
    }
}
