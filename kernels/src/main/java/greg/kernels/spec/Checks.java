package greg.kernels.spec;

/** Argument checks shared by the specification records. */
final class Checks {
    private Checks() {}

    /** Pairs of (name, value); each value must be at least 1. */
    static void positive(String op, Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if ((Integer) namesAndValues[i + 1] < 1) {
                throw new IllegalArgumentException(
                        op + ": expected " + namesAndValues[i] + " >= 1, got " + namesAndValues[i + 1]);
            }
        }
    }
}
