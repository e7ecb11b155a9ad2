package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.fail;

/** Comparison of arrays of floats: the length first, then every element, so that a NaN fails. */
public final class Compare {
    private Compare() {}

    /**
     * Fails unless |actual - expected| &lt;= abs + rel |expected| everywhere; says where, by how much and how often
     * not.
     */
    public static void close(String what, float[] expected, float[] actual, double abs, double rel) {
        if (expected.length != actual.length) {
            fail(what + ": expected " + expected.length + " elements, got " + actual.length);
        }
        int failures = 0;
        int first = -1;
        int worst = -1;
        double excess = 0;
        for (int i = 0; i < expected.length; i++) {
            double diff = Math.abs((double) actual[i] - expected[i]);
            double allowed = abs + rel * Math.abs((double) expected[i]);
            if (!(diff <= allowed)) {
                if (first < 0) first = worst = i;
                failures++;
                if (diff > excess) {
                    worst = i;
                    excess = diff;
                }
            }
        }
        if (failures > 0) {
            fail(what + ": " + failures + " of " + expected.length + " elements differ by more than " + abs + " + "
                    + rel + " |expected|; first " + at(first, expected, actual) + ", worst "
                    + at(worst, expected, actual));
        }
    }

    /** As {@link #close}, but dimensions are compared before anything else. */
    public static void close(
            String what, int[] expectedDims, float[] expected, int[] dims, float[] actual, double abs, double rel) {
        assertArrayEquals(expectedDims, dims, what + ": dimensions");
        close(what, expected, actual, abs, rel);
    }

    /** Equal values; 0 equals -0. */
    public static void equal(String what, float[] expected, float[] actual) {
        close(what, expected, actual, 0, 0);
    }

    /** Equal bits. */
    public static void identical(String what, float[] expected, float[] actual) {
        if (expected.length != actual.length) {
            fail(what + ": expected " + expected.length + " elements, got " + actual.length);
        }
        for (int i = 0; i < expected.length; i++) {
            if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i])) {
                fail(what + ": bits differ, first " + at(i, expected, actual));
            }
        }
    }

    /**
     * What a float32 sum of {@code terms} products of independent terms of size {@code scale} may be off by: the final
     * rounding of a sum of size sqrt(terms) and the random walk of a sequential sum's roundings, each with a margin.
     */
    public static double sum(long terms, double scale) {
        return scale * (1e-6 * Math.sqrt(terms) + 1.2e-7 * terms);
    }

    private static String at(int i, float[] expected, float[] actual) {
        return "[" + i + "] expected " + expected[i] + " got " + actual[i];
    }
}
