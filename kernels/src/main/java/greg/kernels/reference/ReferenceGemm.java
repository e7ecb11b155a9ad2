package greg.kernels.reference;

import greg.kernels.GemmKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GemmSpec;

/** The textbook product; a transposed operand is read with its strides swapped. */
final class ReferenceGemm implements GemmKernels {
    @Override
    public void gemm(GemmSpec spec, Storage as, Storage bs, Storage cs) {
        float[] a = ReferenceStorage.floats(as);
        float[] b = ReferenceStorage.floats(bs);
        float[] c = ReferenceStorage.floatsOut(cs);
        int aRow = spec.transA() ? 1 : spec.k();
        int aColumn = spec.transA() ? spec.m() : 1;
        int bRow = spec.transB() ? 1 : spec.n();
        int bColumn = spec.transB() ? spec.k() : 1;
        for (int i = 0; i < spec.m(); i++) {
            for (int j = 0; j < spec.n(); j++) {
                double sum = spec.accumulate() ? c[i * spec.n() + j] : 0;
                for (int l = 0; l < spec.k(); l++) {
                    sum += (double) a[i * aRow + l * aColumn] * b[l * bRow + j * bColumn];
                }
                c[i * spec.n() + j] = (float) sum;
            }
        }
    }
}
