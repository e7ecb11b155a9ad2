package greg.bench.gpu;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Times of a step in microseconds.
 *
 * @param waited of steps that the host waited for, one by one
 * @param queued means of steps that were issued one after the other, with one wait at the end: what training sees
 */
record StepTimes(double[] waited, double[] queued) {
    static final StepTimes NONE = new StepTimes(new double[0], new double[0]);

    /** These and others. */
    StepTimes and(StepTimes more) {
        return new StepTimes(joined(waited, more.waited), joined(queued, more.queued));
    }

    private static double[] joined(double[] a, double[] b) {
        return DoubleStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
    }

    /** A quantile of the steps that were waited for, 0.5 for the median. */
    double quantile(double q) {
        double[] sorted = waited.clone();
        Arrays.sort(sorted);
        return Timing.quantile(sorted, q);
    }

    double median() {
        return quantile(0.5);
    }

    /** Median of the means. */
    double queuedMedian() {
        return new StepTimes(queued, queued).median();
    }

    /**
     * Takes times of a step.
     *
     * @param samples steps to be waited for one by one, and steps issued before one wait
     */
    static StepTimes of(Runnable step, Runnable synchronize, int samples) {
        double[] waited = new double[samples];
        for (int s = 0; s < samples; s++) {
            synchronize.run();
            long start = System.nanoTime();
            step.run();
            synchronize.run();
            waited[s] = 1e-3 * (System.nanoTime() - start);
        }
        long start = System.nanoTime();
        for (int s = 0; s < samples; s++) step.run();
        synchronize.run();
        return new StepTimes(waited, new double[] {1e-3 * (System.nanoTime() - start) / samples});
    }
}
