package greg.kernels;

/**
 * Counter-based random numbers: element i comes from word i mod 4 of {@link Philox} block i / 4, so that the same seed
 * gives the same numbers on every backend.
 */
public interface RandomKernels {
    /** x[i] = low + (high - low) {@link Philox#uniform24}(word i of stream UNIFORM), in double, rounded once. */
    void uniform(Storage x, float low, float high, long seed);
}
