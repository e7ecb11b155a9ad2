package greg.pruning.cli;

import greg.pruning.run.UsageException;

/** Checks of numbers given by flags; the message names the flag, what it expects and what it got. */
final class Checks {
    private Checks() {}

    /** {@code value >= least}. */
    static void atLeast(String flag, long least, long value) {
        if (value < least) fail(flag, "a whole number of at least " + least, value);
    }

    /** A finite number above 0. */
    static void positive(String flag, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) fail(flag, "a number above 0", value);
    }

    /** A finite number, 0 or more. */
    static void notNegative(String flag, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) fail(flag, "a number of at least 0", value);
    }

    /** A number in [0, 1). */
    static void fraction(String flag, double value) {
        if (!(value >= 0 && value < 1)) fail(flag, "a number of at least 0 and below 1", value);
    }

    private static void fail(String flag, String expected, Object got) {
        throw new UsageException(flag + ": expected " + expected + ", got " + got);
    }
}
