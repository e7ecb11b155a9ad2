package greg.kernels.harness;

import greg.kernels.Workspace;
import java.util.Random;

/** What operands hold: ordinary numbers, and numbers that a kernel written for ordinary ones gets wrong. */
final class Content {
    /** The largest number below the smallest normal one. */
    private static final float LARGEST_DENORMAL = Float.intBitsToFloat(0x007fffff);

    private static final float[] SPECIAL = {
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        -0f,
        0f,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        LARGEST_DENORMAL,
        -LARGEST_DENORMAL,
        0x1p-127f,
        Float.MIN_NORMAL,
        1,
        6,
        -6
    };

    private static final float[] LAST = {1, -Float.MIN_VALUE, Float.NaN, -0f};

    private Content() {}

    /** Standard normal numbers, about half of them replaced by special values, so that these meet each other. */
    static float[] mixed(long seed, int... dims) {
        float[] data = Workspace.gauss(seed, dims);
        Random random = new Random(seed + 1000);
        for (int i = 0; i < data.length; i++) {
            if (random.nextBoolean()) data[i] = SPECIAL[random.nextInt(SPECIAL.length)];
        }
        // the last elements, where kernels take a path of their own, are special for certain
        for (int i = 1; i <= Math.min(3, data.length); i++) {
            data[data.length - i] = LAST[(int) ((seed + i) % LAST.length)];
        }
        return data;
    }

    /** Standard normal numbers with one element that is {@code value}: a sum that has it is known, the others go on. */
    static float[] withOne(float value, long seed, int... dims) {
        float[] data = Workspace.gauss(seed, dims);
        data[new Random(seed + 2000).nextInt(data.length)] = value;
        return data;
    }

    /** Numbers below the smallest normal one, of both signs, and zeros of both signs: their sums are exact. */
    static float[] denormal(long seed, int... dims) {
        float[] data = new float[Workspace.count(dims)];
        Random random = new Random(seed);
        for (int i = 0; i < data.length; i++) {
            data[i] = Float.intBitsToFloat(random.nextInt(0x4000)) * (random.nextBoolean() ? 1 : -1);
        }
        return data;
    }

    /** 0 and 1, as masks have them. */
    static float[] zerosAndOnes(long seed, int... dims) {
        float[] data = Workspace.gauss(seed, dims);
        for (int i = 0; i < data.length; i++) data[i] = data[i] > 0 ? 1 : 0;
        return data;
    }

    /** Standard normal numbers made positive, as variances are. */
    static float[] positive(long seed, int... dims) {
        float[] data = Workspace.gauss(seed, dims);
        for (int i = 0; i < data.length; i++) data[i] = 0.5f + Math.abs(data[i]);
        return data;
    }

    /** The same where it is a number other than -0, and ordinary numbers elsewhere. */
    static float[] finite(float[] data) {
        float[] finite = data.clone();
        for (int i = 0; i < finite.length; i++) {
            if (!Float.isFinite(finite[i])) finite[i] = 0.25f * (i % 9 - 4);
            if (finite[i] == 0) finite[i] = 0;
        }
        return finite;
    }

    /** The same with zeros for numbers below the smallest normal one. */
    static float[] normal(float[] data) {
        float[] normal = data.clone();
        for (int i = 0; i < normal.length; i++) if (Math.abs(normal[i]) < Float.MIN_NORMAL) normal[i] = 0;
        return normal;
    }

    /** The bfloat16 nearest to each element, ties to the even one. */
    static float[] inBfloat16(float[] data) {
        float[] rounded = new float[data.length];
        for (int i = 0; i < data.length; i++) {
            int bits = Float.floatToRawIntBits(data[i]);
            rounded[i] = Float.isNaN(data[i])
                    ? Float.NaN
                    : Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
        }
        return rounded;
    }
}
