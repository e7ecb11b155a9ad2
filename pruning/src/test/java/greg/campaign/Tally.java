package greg.campaign;

import java.util.Locale;

/**
 * The result of a part of the campaign.
 *
 * @param inputs all of them
 * @param accepted read without an error
 * @param refused with an exception that says what is wrong with the file
 * @param failed with any other exception
 * @param crashed ended the JVM
 * @param hung read for more than 10 s
 * @param outOfMemory needed more than a heap of 256 MB
 */
record Tally(
        String name,
        long inputs,
        long accepted,
        long refused,
        long failed,
        int crashed,
        int hung,
        int outOfMemory,
        double seconds) {
    /** Whether there is no finding. */
    boolean clean() {
        return failed == 0 && crashed == 0 && hung == 0 && outOfMemory == 0;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-14s %,11d inputs, %,11d refused, %,11d accepted, %d failed, %d crashed, %d hung, %d out of memory; %,d per second",
                name,
                inputs,
                refused,
                accepted,
                failed,
                crashed,
                hung,
                outOfMemory,
                (long) (inputs / Math.max(seconds, 1e-3)));
    }
}
