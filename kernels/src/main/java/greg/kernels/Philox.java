package greg.kernels;

/**
 * Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a bijection of a 128-bit
 * counter under a 64-bit key whose output is statistically random. There is no state, so any element can be computed by any
 * thread, which is why kernels use it: the GPU's PTX has the same function. Random numbers on the host (initial weights,
 * orders, choices) come from a plain sequential generator above this module.
 *
 * <p>Here the key is the seed (low word first) and the counter is (counter low, counter high, stream low, stream high);
 * the stream keeps different uses of one seed apart. Integers only: every backend computes the same words.
 */
public final class Philox {
    /** Stream of {@link RandomKernels#uniform}. */
    public static final long UNIFORM = 0;
    /** Stream of {@link AugmentKernels#batch}. */
    public static final long AUGMENT = 2;
    /** Stream of {@link ElementwiseKernels#dropout}. */
    public static final long DROPOUT = 3;

    private static final int ROUNDS = 10;
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    private Philox() {}

    /** Writes the four random words of one counter value into {@code out}. */
    public static void block(long seed, long counter, long stream, int[] out) {
        int c0 = (int) counter;
        int c1 = (int) (counter >>> 32);
        int c2 = (int) stream;
        int c3 = (int) (stream >>> 32);
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = product(MULTIPLIER_0, c0);
            long product1 = product(MULTIPLIER_1, c2);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /** An integer in [0, range): the upper word of the unsigned product word * range. */
    public static int below(int word, int range) {
        return (int) (product(word, range) >>> 32);
    }

    /** A number in [0, 1) with 24 bits: (word &gt;&gt;&gt; 8) 2^-24. */
    public static double uniform24(int word) {
        return (word >>> 8) * 0x1p-24;
    }

    private static long product(int a, int b) {
        return Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b);
    }
}
