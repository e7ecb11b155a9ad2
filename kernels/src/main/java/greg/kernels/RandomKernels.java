package greg.kernels;

/**
 * Counter-based random numbers: element i comes from word i mod 4 of {@link Philox} block i / 4, so that the same seed
 * gives the same numbers on every backend.
 */
public interface RandomKernels {
    /** x[i] = low + (high - low) {@link Philox#uniform24}(word i of stream UNIFORM), in double, rounded once. */
    void uniform(Storage x, float low, float high, long seed);

    /**
     * x[i] normal with the given mean and standard deviation: {@link Philox#normal} of words 2j and 2j+1 of stream
     * NORMAL gives elements 2j and 2j+1; mean + std z in double, rounded once.
     */
    void normal(Storage x, float mean, float std, long seed);
}
