package greg.kernels.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * How closely a kernel's result follows the reference's. NaN is expected where the reference has one, whatever its bits,
 * and an infinity where it has that infinity.
 *
 * @param bits whether finite results have the reference's bits, the sign of a zero included
 * @param abs otherwise |result - expected| &lt;= abs + rel |expected|
 * @param rel see {@code abs}
 * @param half added to {@code abs} of a backend that keeps activations in bfloat16
 * @param between added to {@code abs} of such a backend if it also rounds between the parts of one operation
 */
record Promise(boolean bits, double abs, double rel, double half, double between) {
    /** The reference's bits: every operation is rounded once, where the definition says so. */
    static final Promise BITS = new Promise(true, 0, 0, 0, 0);
    /** The reference's values: where a kernel may choose the sign of a zero. */
    static final Promise VALUES = new Promise(false, 0, 0, 0, 0);

    /** A unit in the last of a bfloat16's 8 bits: half of it by rounding, and a neighbouring float32 may round the other way. */
    private static final double BFLOAT16 = 0x1p-7;

    /** |result - expected| &lt;= abs + rel |expected|. */
    static Promise close(double abs, double rel) {
        return new Promise(false, abs, rel, 0, 0);
    }

    /** The same where something of this size is kept in bfloat16 on the way. */
    Promise by(double size) {
        return new Promise(bits, abs, rel, size * BFLOAT16, between);
    }

    /** The same of an operation in parts, with results of this size between them, which a backend may round. */
    Promise inParts(double size) {
        return new Promise(bits, abs, rel, half, size * BFLOAT16);
    }

    /** The same of a result that is stored in bfloat16. */
    Promise inBfloat16() {
        return bits || equals(VALUES) ? this : new Promise(false, abs + half, rel + BFLOAT16, 0, between);
    }

    /**
     * The same of a backend whose operations may have parts, and whose rounding to bfloat16 flushes what is below the smallest
     * normal number.
     */
    Promise ofParts() {
        return new Promise(false, abs + between + Float.MIN_NORMAL, rel, half, 0);
    }

    /** Fails unless the promise is kept everywhere. */
    void check(String what, float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, what + ": elements");
        for (int i = 0; i < expected.length; i++) {
            if (!kept(expected[i], actual[i])) {
                fail(what + "[" + i + "]: expected " + text(expected[i]) + " (" + this + "), got " + text(actual[i]));
            }
        }
    }

    private boolean kept(float expected, float actual) {
        if (Float.isNaN(expected)) return Float.isNaN(actual);
        if (bits) return Float.floatToRawIntBits(expected) == Float.floatToRawIntBits(actual);
        if (Float.isInfinite(expected)) return actual == expected;
        return Math.abs((double) actual - expected) <= abs + rel * Math.abs((double) expected);
    }

    private static String text(float value) {
        return value + " = 0x" + Integer.toHexString(Float.floatToRawIntBits(value));
    }

    @Override
    public String toString() {
        return bits ? "to the bit" : "within " + abs + " + " + rel + " |expected|";
    }
}
