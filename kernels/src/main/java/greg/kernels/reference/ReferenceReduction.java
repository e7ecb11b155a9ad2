package greg.kernels.reference;

import greg.kernels.ReductionKernels;
import greg.kernels.Storage;
import java.util.function.DoubleUnaryOperator;

/** Sums from the first element to the last. */
final class ReferenceReduction implements ReductionKernels {
    @Override
    public void sum(long n, Storage x, Storage out) {
        sum(n, x, out, value -> value);
    }

    @Override
    public void sumAbs(long n, Storage x, Storage out) {
        sum(n, x, out, Math::abs);
    }

    private static void sum(long n, Storage xs, Storage out, DoubleUnaryOperator term) {
        float[] x = ReferenceStorage.floats(xs);
        double sum = 0;
        for (int i = 0; i < n; i++) sum += term.applyAsDouble(x[i]);
        ReferenceStorage.floatsOut(out)[0] = (float) sum;
    }
}
