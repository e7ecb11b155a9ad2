package greg.bench.gpu;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.GemmSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the machine can do, in GFLOP/s: a matrix product of {@value #SIDE} rows and columns, as the backend computes it. */
final class MatrixPeak {
    private static final int SIDE = 2048;
    private static final int REPEATS = 3;

    private final Backend backend;
    private final List<Double> samples = new ArrayList<>();

    MatrixPeak(Backend backend) {
        this.backend = backend;
    }

    /** Takes the best of a few products as one sample. */
    void sample() {
        GemmSpec spec = new GemmSpec(SIDE, SIDE, SIDE, false, false, false);
        Storage[] matrices = new Storage[3];
        for (int m = 0; m < matrices.length; m++) {
            matrices[m] = backend.memory().allocate(DType.FLOAT32, (long) SIDE * SIDE);
            backend.transfer().fill(matrices[m], 1);
        }
        long best = Long.MAX_VALUE;
        for (int r = 0; r < REPEATS; r++) {
            long start = System.nanoTime();
            backend.gemm().gemm(spec, matrices[0], matrices[1], matrices[2]);
            backend.synchronize();
            best = Math.min(best, System.nanoTime() - start);
        }
        for (Storage matrix : matrices) matrix.release();
        samples.add(2.0 * SIDE * SIDE * SIDE / best);
    }

    /** Median of the samples. */
    double median() {
        List<Double> sorted = new ArrayList<>(samples);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }
}
