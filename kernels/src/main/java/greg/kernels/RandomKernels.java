package greg.kernels;

/** Counter-based random numbers (Philox 4x32-10): the same seed gives the same numbers on every backend. */
public interface RandomKernels {
    /** x[i] = low + (high - low) u(i), u uniform in [0, 1) with 24 bits. */
    void uniform(Storage x, float low, float high, long seed);

    /** x[i] normal with the given mean and standard deviation (Box-Muller in double on pairs of uniforms). */
    void normal(Storage x, float mean, float std, long seed);
}
