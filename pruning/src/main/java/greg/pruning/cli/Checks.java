package greg.pruning.cli;

import greg.nn.optim.LrSchedule;
import greg.pruning.run.UsageException;

/** Checks of numbers given by flags; the message names the flag, what it expects and what it got. */
final class Checks {
    /** More in a batch than anybody has trained with; the sizes of a batch stay within an int. */
    private static final int MOST_IMAGES = 65536;

    private Checks() {}

    /** {@code value >= least}. */
    static void atLeast(String flag, long least, long value) {
        if (value < least) fail(flag, "a whole number of at least " + least, value);
    }

    /** {@code least <= value <= most}. */
    static void between(String flag, long least, long most, long value) {
        if (value < least || value > most) fail(flag, "a whole number from " + least + " to " + most, value);
    }

    /** The size of a batch. */
    static void batch(String flag, int images) {
        between(flag, 1, MOST_IMAGES, images);
    }

    /** A number above 0, finite, in float32 too. */
    static void positive(String flag, double value) {
        if (!((float) value > 0 && value <= Float.MAX_VALUE)) fail(flag, "a number above 0", value);
    }

    /** A number of 0 or more, finite, in float32 too. */
    static void notNegative(String flag, double value) {
        if (!(value >= 0 && value <= Float.MAX_VALUE)) fail(flag, "a number of at least 0", value);
    }

    /** A number in [0, 1). */
    static void fraction(String flag, double value) {
        if (!(value >= 0 && value < 1)) fail(flag, "a number of at least 0 and below 1", value);
    }

    /** A learning rate by epoch, also in the braces of the reference implementation: {@code {0:0.01,60:0.001}}. */
    static LrSchedule schedule(String flag, String text) {
        boolean braced = text.startsWith("{") && text.endsWith("}");
        try {
            return LrSchedule.parse(braced ? text.substring(1, text.length() - 1) : text);
        } catch (IllegalArgumentException e) {
            throw new UsageException(flag + ": " + e.getMessage());
        }
    }

    private static void fail(String flag, String expected, Object got) {
        throw new UsageException(flag + ": expected " + expected + ", got " + got);
    }
}
