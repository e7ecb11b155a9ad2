package greg.kernels;

import greg.kernels.spec.GemmSpec;

/** Row-major dense matrix products. */
public interface GemmKernels {
    /**
     * c[m,n] = op(a)[m,k] op(b)[k,n], plus the previous c if {@code spec.accumulate()}; op transposes as the spec says.
     */
    void gemm(GemmSpec spec, Storage a, Storage b, Storage c);
}
