package greg.campaign;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Edits a pickle operation by operation: extra ones, missing ones, others' places, arguments set to extremes. */
final class PickleMutator implements Mutator {
    static final PickleMutator INSTANCE = new PickleMutator();

    private static final int MOST_EDITS = 4;

    /** Operations with their arguments, as Latin-1 text; what they mean is in Python's pickletools. */
    private static final List<byte[]> OPERATIONS = operations(
            "(",
            ")",
            "]",
            "}",
            "N",
            "0",
            "1",
            "2",
            ".",
            "t",
            "l",
            "d",
            "a",
            "e",
            "s",
            "u",
            "b",
            "R",
            "Q",
            "\u0081",
            "\u0085",
            "\u0086",
            "\u0087",
            "\u0088",
            "\u0089",
            "\u008f",
            "\u0090",
            "\u0091",
            "\u0094",
            "K\u0000",
            "K\u00ff",
            "M\u00ff\u00ff",
            "J\u00ff\u00ff\u00ff\u007f",
            "J\u0000\u0000\u0000\u0080",
            "\u008a\u0001\u00ff",
            "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
            "\u008b\u00ff\u00ff\u00ff\u007f",
            "G\u007f\u00f0\u0000\u0000\u0000\u0000\u0000\u0000",
            "I9223372036854775807\n",
            "I01\n",
            "L123456789012345678901234567890L\n",
            "F1e999\n",
            "X\u0001\u0000\u0000\u0000x",
            "X\u00ff\u00ff\u00ff\u007f",
            "U\u0001x",
            "T\u00ff\u00ff\u00ff\u007f",
            "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
            "S'x'\n",
            "S'\n",
            "h\u0000",
            "h\u00ff",
            "q\u0000",
            "j\u00ff\u00ff\u00ff\u007f",
            "r\u00ff\u00ff\u00ff\u007f",
            "ctorch._utils\n_rebuild_tensor_v2\n",
            "ccollections\nOrderedDict\n",
            "ctorch\nFloatStorage\n",
            "cos\nsystem\n",
            "cnumpy.core.multiarray\nscalar\n",
            "\u0080\u0002",
            "\u0080\u00ff",
            "\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f");

    private PickleMutator() {}

    private static List<byte[]> operations(String... text) {
        return Arrays.stream(text)
                .map(t -> t.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    @Override
    public byte[] mutate(byte[] input, byte[] other, SplittableRandom random) {
        byte[] bytes = input;
        for (int edits = 1 + random.nextInt(MOST_EDITS); edits > 0; edits--) bytes = edit(bytes, random);
        return bytes;
    }

    private static byte[] edit(byte[] bytes, SplittableRandom random) {
        List<Integer> starts = starts(bytes);
        if (starts.size() < 2) return ByteMutator.INSTANCE.mutate(bytes, bytes, random);
        int i = random.nextInt(starts.size() - 1);
        int from = starts.get(i);
        int to = starts.get(i + 1);
        byte[] operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
        return switch (random.nextInt(6)) {
            case 0 -> ByteMutator.replaced(bytes, from, from, repeated(operation, random));
            case 1 -> ByteMutator.replaced(bytes, from, to, operation);
            case 2 -> ByteMutator.replaced(bytes, from, to, new byte[0]);
            case 3 -> ByteMutator.replaced(bytes, from, from, Arrays.copyOfRange(bytes, from, to));
            case 4 -> {
                int j = random.nextInt(starts.size() - 1);
                yield ByteMutator.replaced(
                        bytes, from, to, Arrays.copyOfRange(bytes, starts.get(j), starts.get(j + 1)));
            }
            default -> argument(bytes, from, to, random);
        };
    }

    /** Now and then very often, for what grows or nests. */
    private static byte[] repeated(byte[] operation, SplittableRandom random) {
        int times = random.nextInt(16) == 0 ? 1 << random.nextInt(14) : 1;
        byte[] all = new byte[operation.length * times];
        for (int i = 0; i < times; i++) System.arraycopy(operation, 0, all, i * operation.length, operation.length);
        return all;
    }

    private static byte[] argument(byte[] bytes, int from, int to, SplittableRandom random) {
        byte[] copy = bytes.clone();
        for (int i = from + 1; i < to; i++) {
            if (random.nextBoolean()) copy[i] = (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256));
        }
        return copy;
    }

    /** Where operations start, and the end of the bytes. */
    private static List<Integer> starts(byte[] bytes) {
        List<Integer> starts = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            starts.add(at);
            at += length(bytes, at);
        }
        starts.add(bytes.length);
        return starts;
    }

    /** Bytes of the operation at a place, not more than there are. */
    private static int length(byte[] bytes, int at) {
        long length =
                switch (bytes[at] & 0xFF) {
                    case 'K', 'h', 'q', 0x80, 0x82 -> 2;
                    case 'M', 0x83 -> 3;
                    case 'J', 'j', 'r', 0x84 -> 5;
                    case 'G', 0x95 -> 9;
                    case 'U', 'C', 0x8a, 0x8c -> 2 + number(bytes, at + 1, 1);
                    case 'X', 'T', 'B', 0x8b -> 5 + number(bytes, at + 1, 4);
                    case 0x8d, 0x8e -> 9 + number(bytes, at + 1, 8);
                    case 'I', 'L', 'F', 'S', 'V', 'g', 'p', 'P' -> lines(bytes, at, 1);
                    case 'c', 'i' -> lines(bytes, at, 2);
                    default -> 1;
                };
        return (int) Math.max(1, Math.min(length, bytes.length - at));
    }

    private static long number(byte[] bytes, int at, int width) {
        long value = 0;
        for (int i = Math.min(width, bytes.length - at) - 1; i >= 0; i--) value = value << 8 | bytes[at + i] & 0xFF;
        return Math.max(0, Math.min(value, bytes.length));
    }

    private static int lines(byte[] bytes, int at, int count) {
        int end = at + 1;
        for (int ends = 0; end < bytes.length && ends < count; end++) if (bytes[end] == '\n') ends++;
        return end - at;
    }
}
