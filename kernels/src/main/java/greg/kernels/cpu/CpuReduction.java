package greg.kernels.cpu;

import greg.kernels.ReductionKernels;
import greg.kernels.Storage;

/** Sums in double over chunks in heap scratch, four running sums each, in the same order every time. */
final class CpuReduction implements ReductionKernels {
    private static final int CHUNK = 4096;

    private final float[] chunk = new float[CHUNK];

    private enum Term {
        VALUE,
        ABSOLUTE
    }

    @Override
    public void sum(long n, Storage x, Storage out) {
        reduce(Term.VALUE, n, x, out);
    }

    @Override
    public void sumAbs(long n, Storage x, Storage out) {
        reduce(Term.ABSOLUTE, n, x, out);
    }

    private void reduce(Term term, long n, Storage x, Storage out) {
        CpuStorage source = CpuStorage.of(x);
        double total = 0;
        for (long at = 0; at < n; at += CHUNK) {
            int count = (int) Math.min(CHUNK, n - at);
            source.read(at, chunk, 0, count);
            total += switch (term) {
                case VALUE -> Sums.values(chunk, 0, count);
                case ABSOLUTE -> Sums.absolute(chunk, 0, count);
            };
        }
        CpuStorage result = CpuStorage.of(out);
        result.block.set(0, (float) total);
        result.touch();
    }
}
