package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random numbers are a function of the seed alone. */
class RandomKernelsTest {
    private static int word(long seed, long stream, int i) {
        int[] words = new int[4];
        Philox.block(seed, i / 4, stream, words);
        return words[i % 4];
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithItsDefinition(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long seed = 0xFEDCBA9876543210L;
        for (int n : new int[] {1, 2, 3, 4, 5, 255, 1027}) {
            float[] uniform = new float[n];
            for (int i = 0; i < n; i++) {
                double u = (word(seed, Philox.UNIFORM, i) >>> 8) / 16777216.0;
                uniform[i] = (float) (-0.25 + 0.75 * u);
            }
            try (Workspace k = new Workspace(backend)) {
                Storage x = k.out(n);
                backend.random().uniform(x, -0.25f, 0.5f, seed);
                Compare.identical("uniform " + n, uniform, k.get(x, n));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void momentsAreRight(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        int n = 100_000;
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.out(n);
            backend.random().uniform(x, 0, 1, 7);
            double[] uniform = moments(k.get(x, n));
            assertEquals(0.5, uniform[0], 6 * Math.sqrt(1 / 12.0 / n));
            assertEquals(1 / 12.0, uniform[1], 0.003);
            assertTrue(uniform[2] >= 0 && uniform[3] < 1, "range " + uniform[2] + " to " + uniform[3]);
        }
    }

    /** Mean, variance, least and largest. */
    private static double[] moments(float[] x) {
        double sum = 0;
        double squares = 0;
        double least = Double.POSITIVE_INFINITY;
        double largest = Double.NEGATIVE_INFINITY;
        for (float value : x) {
            sum += value;
            squares += (double) value * value;
            least = Math.min(least, value);
            largest = Math.max(largest, value);
        }
        double mean = sum / x.length;
        return new double[] {mean, squares / x.length - mean * mean, least, largest};
    }
}
