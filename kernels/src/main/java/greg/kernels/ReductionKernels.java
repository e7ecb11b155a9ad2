package greg.kernels;

/** Reductions to one number, in a fixed order, so that two runs agree to the bit. */
public interface ReductionKernels {
    /** out[0] = sum of the first {@code n} elements of x. */
    void sum(long n, Storage x, Storage out);

    /** out[0] = sum of |x[i]|. */
    void sumAbs(long n, Storage x, Storage out);
}
