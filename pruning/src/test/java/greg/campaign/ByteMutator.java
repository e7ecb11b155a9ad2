package greg.campaign;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Damage that knows nothing of the format: bits, bytes, numbers set to extremes, pieces cut out, doubled or taken elsewhere. */
final class ByteMutator implements Mutator {
    static final ByteMutator INSTANCE = new ByteMutator();

    private static final int MOST_EDITS = 4;
    private static final int LONGEST_PIECE = 64;
    private static final long[] EXTREMES = {
        0,
        1,
        -1,
        2,
        7,
        8,
        9,
        15,
        16,
        127,
        128,
        255,
        256,
        32767,
        32768,
        65535,
        65536,
        1 << 24,
        Integer.MAX_VALUE,
        1L << 31,
        Integer.MIN_VALUE,
        (1L << 32) - 1,
        1L << 32,
        1L << 40,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 7,
        Long.MIN_VALUE
    };
    private static final String[] DIGITS = {
        "0",
        "-1",
        "1",
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "1e308",
        "1e999",
        "0.5",
        "-0",
        "00",
        "77777777777",
        "99999999999999999999999999"
    };

    private ByteMutator() {}

    @Override
    public byte[] mutate(byte[] input, byte[] other, SplittableRandom random) {
        byte[] bytes = input;
        for (int edits = 1 + random.nextInt(MOST_EDITS); edits > 0; edits--) bytes = edit(bytes, other, random);
        return bytes;
    }

    private static byte[] edit(byte[] bytes, byte[] other, SplittableRandom random) {
        if (bytes.length == 0) return piece(other, random);
        int at = random.nextInt(bytes.length);
        int length = 1 + random.nextInt(Math.min(LONGEST_PIECE, bytes.length - at));
        return switch (random.nextInt(11)) {
            case 0, 1 -> changed(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
            case 2 -> changed(bytes, at, (byte) random.nextInt(256));
            case 3, 4 -> number(bytes, at, random);
            case 5 -> Arrays.copyOf(bytes, at);
            case 6 -> replaced(bytes, at, at + length, new byte[0]);
            case 7 -> replaced(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
            case 8 -> replaced(bytes, at, at, piece(other, random));
            case 9 -> digits(bytes, at, random);
            default -> replaced(bytes, at, at + length, piece(other, random));
        };
    }

    private static byte[] changed(byte[] bytes, int at, byte value) {
        byte[] copy = bytes.clone();
        copy[at] = value;
        return copy;
    }

    /** A binary number of 1, 2, 4 or 8 bytes in either order. */
    private static byte[] number(byte[] bytes, int at, SplittableRandom random) {
        long value = EXTREMES[random.nextInt(EXTREMES.length)];
        int width = 1 << random.nextInt(4);
        ByteBuffer all = ByteBuffer.allocate(Long.BYTES);
        boolean big = random.nextBoolean();
        all.order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN).putLong(value);
        byte[] copy = bytes.clone();
        int from = big ? Long.BYTES - width : 0;
        System.arraycopy(all.array(), from, copy, at, Math.min(width, copy.length - at));
        return copy;
    }

    /** A number in digits, the next one from {@code at} on. */
    private static byte[] digits(byte[] bytes, int at, SplittableRandom random) {
        int start = at;
        while (start < bytes.length && !digit(bytes[start])) start++;
        int end = start;
        while (end < bytes.length && digit(bytes[end])) end++;
        byte[] digits = DIGITS[random.nextInt(DIGITS.length)].getBytes(StandardCharsets.US_ASCII);
        return replaced(bytes, start, end, digits);
    }

    private static boolean digit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static byte[] piece(byte[] other, SplittableRandom random) {
        if (other.length == 0) return new byte[] {0};
        int at = random.nextInt(other.length);
        return Arrays.copyOfRange(other, at, at + 1 + random.nextInt(Math.min(LONGEST_PIECE, other.length - at)));
    }

    /** A copy in which [from, to) is replaced. */
    static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
        byte[] copy = new byte[bytes.length - (to - from) + by.length];
        System.arraycopy(bytes, 0, copy, 0, from);
        System.arraycopy(by, 0, copy, from, by.length);
        System.arraycopy(bytes, to, copy, from + by.length, bytes.length - to);
        return copy;
    }
}
