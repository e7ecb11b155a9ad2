package greg.pruning.golden;

/**
 * The float32 mean of a dense tensor to the bit as PyTorch 1.13 computes it on a CPU with AVX2 and one thread: 4 * 8
 * running sums (4 rows of vectors of 8; fewer than 8 elements: 4 rows of scalars), cascaded over four levels. Found equal to
 * {@code torch.tensor(x).mean()} for random x of 1 to 36,864 elements. The traces record means of lambda that way.
 */
final class TorchMean {
    private static final int VECTOR = 8;
    private static final int ROWS = 4;
    private static final int LEVELS = 4;

    private TorchMean() {}

    static float of(float[] x) {
        int lanes = x.length < VECTOR ? 1 : VECTOR;
        int vectors = x.length / lanes;
        int steps = vectors / ROWS;
        float[] sum = cascade(x, steps, ROWS * lanes);
        for (int v = steps * ROWS; v < vectors; v++) {
            for (int lane = 0; lane < lanes; lane++) {
                sum[lane] += x[v * lanes + lane];
            }
        }
        for (int i = lanes; i < sum.length; i++) {
            sum[i % lanes] += sum[i];
        }
        float total = 0;
        for (int i = vectors * lanes; i < x.length; i++) {
            total += x[i];
        }
        for (int lane = 0; lane < lanes; lane++) {
            total += sum[lane];
        }
        return total / x.length;
    }

    /** Sums of {@code steps} consecutive runs of {@code width} elements, element by element. */
    private static float[] cascade(float[] x, int steps, int width) {
        int bits = Math.max(4, ceilLog2(steps) / LEVELS);
        int run = 1 << bits;
        float[][] level = new float[LEVELS][width];
        int i = 0;
        while (i + run <= steps) {
            for (int end = i + run; i < end; i++) {
                add(level[0], x, i * width);
            }
            for (int up = 1; up < LEVELS; up++) {
                add(level[up], level[up - 1], 0);
                level[up - 1] = new float[width];
                if ((i & ((run - 1) << (up * bits))) != 0) {
                    break;
                }
            }
        }
        for (; i < steps; i++) {
            add(level[0], x, i * width);
        }
        for (int up = 1; up < LEVELS; up++) {
            add(level[0], level[up], 0);
        }
        return level[0];
    }

    private static void add(float[] to, float[] from, int offset) {
        for (int k = 0; k < to.length; k++) {
            to[k] += from[offset + k];
        }
    }

    private static int ceilLog2(int n) {
        return n <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(n - 1);
    }
}
