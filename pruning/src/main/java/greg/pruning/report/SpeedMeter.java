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
 * Times two networks on one backend, in evaluation mode: after a warm-up that creates plans and packs weights, one pass of
 * each in turn, so that changes in the machine's speed affect both; the medians are compared.
 */
public final class SpeedMeter {
    private static final int WARM_UP = 3;
    private static final int MAX_ROUNDS = 101;
    private static final int MIN_ROUNDS = 3;
    private static final long TIME_LIMIT_NANOS = Duration.ofMillis(1500).toNanos();

    private SpeedMeter() {}

    /**
     * Measures.
     *
     * @param image (1, C, H, W)
     * @param batch images per pass
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
            long[] a = new long[MAX_ROUNDS];
            long[] b = new long[MAX_ROUNDS];
            int rounds = 0;
            long start = 0;
            for (int i = -WARM_UP; rounds < MAX_ROUNDS; i++) {
                if (i == 0) start = System.nanoTime();
                long denseNanos = pass(dense, x);
                long prunedNanos = pass(pruned, x);
                if (i < 0) continue;
                a[rounds] = denseNanos;
                b[rounds++] = prunedNanos;
                if (rounds >= MIN_ROUNDS && System.nanoTime() - start > TIME_LIMIT_NANOS) break;
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
