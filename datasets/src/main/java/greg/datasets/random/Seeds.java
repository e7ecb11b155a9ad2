package greg.datasets.random;

import java.nio.charset.StandardCharsets;

/**
 * One seed, many streams. Everything that a run draws at random has a stream of its own, fixed by the run's seed and the
 * purpose alone: the weights of a layer do not depend on those of another, nor an epoch's order on what was drawn before it.
 * Resuming needs no state of a generator, and no two uses share their numbers.
 */
public final class Seeds {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private Seeds() {}

    /**
     * The seed of a stream: 64-bit FNV-1a over the 8 bytes of {@code seed} (lowest first), the UTF-8 bytes of {@code purpose},
     * a zero byte and the 8 bytes of each number, mixed by SplitMix64's finaliser. It must never change, so that a run can
     * be resumed and repeated.
     *
     * @param seed of the run, or of a stream that is divided further
     * @param purpose what the numbers are for, for example {@code init.conv1.weight} or {@code shuffle}
     * @param numbers tell streams of the same purpose apart, for example epoch and image
     */
    public static long stream(long seed, String purpose, long... numbers) {
        long hash = add(FNV_OFFSET, seed);
        for (byte b : purpose.getBytes(StandardCharsets.UTF_8)) hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        hash *= FNV_PRIME; // the zero byte
        for (long number : numbers) hash = add(hash, number);
        return SplitMix.mix(hash);
    }

    private static long add(long hash, long value) {
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) hash = (hash ^ (value >>> shift & 0xFF)) * FNV_PRIME;
        return hash;
    }
}
