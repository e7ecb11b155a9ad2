package greg.nn.model;

/** Numbers from an integer hash, computed alike, to the bit, by resnet20-gradient.py: {@code hashed}, {@code between}. */
final class HashedNumbers {
    private HashedNumbers() {}

    /** The hash of element {@code i} of a stream. */
    static int hash(int stream, int i) {
        int x = i + 0x9E3779B9 * (stream + 1);
        x ^= x >>> 16;
        x *= 0x7FEB352D;
        x ^= x >>> 15;
        x *= 0x846CA68B;
        x ^= x >>> 16;
        return x;
    }

    /** n numbers from [low, high), with 24 random bits each. */
    static float[] between(int stream, int n, float low, float high) {
        float[] out = new float[n];
        for (int i = 0; i < n; i++) out[i] = low + (high - low) * ((hash(stream, i) >>> 8) * 0x1p-24f);
        return out;
    }
}
