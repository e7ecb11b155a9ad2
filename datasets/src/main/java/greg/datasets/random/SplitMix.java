package greg.datasets.random;

/**
 * The generator of all random numbers on the host: SplitMix64 (Steele, Lea and Flood 2014), written out because the
 * algorithm behind {@link java.util.SplittableRandom} is not part of its contract, and a run must be repeatable on a later
 * JDK. What is drawn on a device, crops and dropout masks, comes from the kernels' Philox instead, in which any thread can
 * compute any element without those before it; both are started from {@link Seeds#stream}.
 */
public final class SplitMix {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;
    private double spare = Double.NaN;

    /** The numbers that follow from {@code seed}; neighbouring seeds give overlapping ones, so take them from {@link Seeds}. */
    public SplitMix(long seed) {
        state = seed;
    }

    /** The stream of a purpose: see {@link Seeds#stream}. */
    public static SplitMix of(long seed, String purpose, long... numbers) {
        return new SplitMix(Seeds.stream(seed, purpose, numbers));
    }

    /** Next 64 bits. */
    public long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** Next integer in {@code 0 .. bound-1}; the bias is below {@code bound / 2^32}. */
    public int below(int bound) {
        return (int) (((next() >>> 32) * bound) >>> 32);
    }

    /** Next number in [0, 1), with 53 bits. */
    public double unit() {
        return (next() >>> 11) * 0x1p-53;
    }

    /** Next normal number, mean 0 and variance 1, by Marsaglia's polar method; the same on every platform. */
    public double gaussian() {
        if (!Double.isNaN(spare)) {
            double second = spare;
            spare = Double.NaN;
            return second;
        }
        double x;
        double y;
        double square;
        do {
            x = 2 * unit() - 1;
            y = 2 * unit() - 1;
            square = x * x + y * y;
        } while (square >= 1 || square == 0);
        double factor = StrictMath.sqrt(-2 * StrictMath.log(square) / square);
        spare = y * factor;
        return x * factor;
    }

    /** A random order of {@code 0 .. n-1}. */
    public int[] permutation(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        shuffle(order);
        return order;
    }

    /** Fisher-Yates, from the end: {@code for i = n-1 .. 1: swap(i, below(i+1))}. */
    public void shuffle(int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = below(i + 1);
            int kept = values[i];
            values[i] = values[j];
            values[j] = kept;
        }
    }

    /** The finaliser, a bijection of 64 bits. */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
