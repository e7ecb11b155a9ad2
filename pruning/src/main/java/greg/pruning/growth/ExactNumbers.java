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
        int[] numbers = new int[parts.length / PARTS_OF_INT];
        for (int i = 0; i < parts.length; i++) {
            numbers[i / PARTS_OF_INT] |= (int) parts[i] << 16 * (i % PARTS_OF_INT);
        }
        return numbers;
    }
}
