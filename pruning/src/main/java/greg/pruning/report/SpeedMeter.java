package greg.pruning.report;

import greg.datasets.random.SplitMix;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.time.Duration;
import java.util.Arrays;

/**
 * Times two networks on one backend, in evaluation mode: after a warm-up that makes plans and packs weights, one pass of
 * each in turn, so that a change of the machine's pace meets both; the medians are compared.
 */
public final class SpeedMeter {
    private static final int WARM_UP = 3;
    private static final int MOST_ROUNDS = 101;
    private static final int FEWEST_ROUNDS = 3;
    private static final long PATIENCE_NANOS = Duration.ofMillis(1500).toNanos();

    private SpeedMeter() {}

    /**
     * Measures.
     *
     * @param image (1, C, H, W)
     * @param batch images at a time
     */
    public static Speed measure(NnModule dense, NnModule pruned, Shape image, int batch) {
        Backend backend = dense.backend();
        Shape shape = Shape.of(batch, image.dim(1), image.dim(2), image.dim(3));
        SplitMix random = SplitMix.of(0, "speed");
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.gaussian();
        try (NnModule.Evaluation first = dense.evaluating();
                NnModule.Evaluation second = pruned.evaluating();
                Tensor x = Tensor.of(backend, shape, values)) {
            long[] a = new long[MOST_ROUNDS];
            long[] b = new long[MOST_ROUNDS];
            int rounds = 0;
            long start = 0;
            for (int i = -WARM_UP; rounds < MOST_ROUNDS; i++) {
                if (i == 0) start = System.nanoTime();
                long denseNanos = pass(dense, x);
                long prunedNanos = pass(pruned, x);
                if (i < 0) continue;
                a[rounds] = denseNanos;
                b[rounds++] = prunedNanos;
                if (rounds >= FEWEST_ROUNDS && System.nanoTime() - start > PATIENCE_NANOS) break;
            }
            return new Speed(batch, median(a, rounds) * 1e-6, median(b, rounds) * 1e-6, rounds);
        }
    }

    private static long pass(NnModule network, Tensor x) {
        Backend backend = network.backend();
        backend.synchronize();
        long start = System.nanoTime();
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            network.call(x);
            backend.synchronize();
        }
        return System.nanoTime() - start;
    }

    private static double median(long[] values, int count) {
        long[] sorted = Arrays.copyOf(values, count);
        Arrays.sort(sorted);
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
    }
}
