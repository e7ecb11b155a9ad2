package greg.pruning.growth;

/** Whole numbers in float32 tensors, which are exact only up to 2^24: parts of 16 bits each, the lowest first. */
final class ExactNumbers {
    private static final int PARTS_OF_LONG = 4;
    private static final int PARTS_OF_INT = 2;

    private ExactNumbers() {}

    static float[] ofLongs(long... numbers) {
        float[] parts = new float[PARTS_OF_LONG * numbers.length];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = numbers[i / PARTS_OF_LONG] >>> 16 * (i % PARTS_OF_LONG) & 0xFFFF;
        }
        return parts;
    }

    static long[] toLongs(float[] parts) {
        check(parts, PARTS_OF_LONG);
        long[] numbers = new long[parts.length / PARTS_OF_LONG];
        for (int i = 0; i < parts.length; i++) {
            numbers[i / PARTS_OF_LONG] |= (long) parts[i] << 16 * (i % PARTS_OF_LONG);
        }
        return numbers;
    }

    static float[] ofInts(int... numbers) {
        float[] parts = new float[PARTS_OF_INT * numbers.length];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = numbers[i / PARTS_OF_INT] >>> 16 * (i % PARTS_OF_INT) & 0xFFFF;
        }
        return parts;
    }

    static int[] toInts(float[] parts) {
        check(parts, PARTS_OF_INT);
        int[] numbers = new int[parts.length / PARTS_OF_INT];
        for (int i = 0; i < parts.length; i++) {
            numbers[i / PARTS_OF_INT] |= (int) parts[i] << 16 * (i % PARTS_OF_INT);
        }
        return numbers;
    }

    private static void check(float[] parts, int partsOfNumber) {
        boolean good = parts.length % partsOfNumber == 0;
        for (float part : parts) good &= part >= 0 && part <= 0xFFFF && part == (int) part;
        if (!good) {
            throw new IllegalArgumentException("whole numbers in a tensor: expected " + partsOfNumber
                    + " parts for each, from 0 to " + 0xFFFF + "; the checkpoint is damaged, use another");
        }
    }
}
