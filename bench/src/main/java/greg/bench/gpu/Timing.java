package greg.bench.gpu;

import java.util.Arrays;

/**
 * A time in microseconds: quartiles of its samples.
 *
 * @param q1 a quarter of the samples is below
 * @param median half of them
 * @param q3 three quarters
 */
record Timing(double q1, double median, double q3) {
    /** The quartiles of some samples, interpolated between the two nearest. */
    static Timing of(double[] samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return new Timing(quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75));
    }

    static double quantile(double[] sorted, double q) {
        double at = q * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /** 10^9 bytes per second, at the median. */
    double gigabytesPerSecond(long bytes) {
        return bytes / median * 1e-3;
    }
}
