package greg.datasets;

/**
 * SplitMix64 (Steele, Lea, Flood 2014), written out because the algorithm behind {@link java.util.SplittableRandom} is not
 * part of its contract, and a run must be repeatable on a later JDK.
 */
final class SplitMix {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    /** A stream fixed by {@code seed} and {@code stream}; neighbouring values of either give unrelated streams. */
    SplitMix(long seed, long stream) {
        state = mix(mix(seed + GOLDEN_GAMMA) ^ (stream * GOLDEN_GAMMA));
    }

    /** Next 64 bits. */
    long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** Next integer in {@code 0 .. bound-1}; the bias is below {@code bound / 2^32}. */
    int below(int bound) {
        return (int) (((next() >>> 32) * bound) >>> 32);
    }

    /** Next number in [0, 1), with 53 bits. */
    double unit() {
        return (next() >>> 11) * 0x1p-53;
    }

    /** Fisher-Yates, from the end: {@code for i = n-1 .. 1: swap(i, below(i+1))}. */
    void shuffle(int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = below(i + 1);
            int kept = values[i];
            values[i] = values[j];
            values[j] = kept;
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
