package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** float32 to bfloat16 and back by {@code transfer.ptx}. */
class CastTest {
    /** The nearer of the two bfloat16 neighbours of {@code x}, by comparing distances in double; ties to the even one. */
    private static int nearest(float x) {
        if (Float.isNaN(x)) return 0x7fff;
        int down = Float.floatToRawIntBits(x) >>> 16;
        if (Float.isInfinite(x)) return down;
        int up = down + 1;
        double toDown = Math.abs((double) x - value(down));
        // beyond the largest number the next neighbour is 2^128 as far as rounding goes
        double next = (up & 0x7fff) == 0x7f80 ? Math.copySign(0x1p128, x) : value(up);
        double toUp = Math.abs(next - x);
        if (toDown == toUp) return (down & 1) == 0 ? down : up;
        return toDown < toUp ? down : up;
    }

    private static float value(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    @Test
    void roundsToTheNearest() {
        Gpu gpu = new Gpu();
        Random random = new Random(1);
        float[] special = {
            0,
            -0f,
            1,
            1.00390625f,
            1.01171875f,
            -1.00390625f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            Float.MIN_VALUE,
            0x1.7fp-130f,
            0x1.FEp127f
        };
        for (int n : new int[] {1, 2, 3, 4, 1023, 5002}) {
            float[] x = new float[n];
            for (int i = 0; i < n; i++) {
                x[i] = i < special.length ? special[i] : Float.intBitsToFloat(random.nextInt());
            }
            try (Workspace k = new Workspace(gpu.backend())) {
                // two bfloat16 in an int, read back with the tools of the seam
                Storage packed = k.put(new int[(n + 1) / 2]);
                Storage back = k.out(n);
                Storage xs = k.put(x);
                gpu.context()
                        .launch("transfer", "to_bf16")
                        .add((long) n)
                        .add(xs)
                        .add(packed)
                        .over(n, 1024);
                gpu.context()
                        .launch("transfer", "from_bf16")
                        .add((long) n)
                        .add(packed)
                        .add(back)
                        .over(n, 1024);
                int[] words = new int[(n + 1) / 2];
                gpu.backend().transfer().download(packed, words);
                float[] widened = k.get(back, n);
                for (int i = 0; i < n; i++) {
                    int bits = words[i / 2] >>> 16 * (i % 2) & 0xffff;
                    assertEquals(nearest(x[i]), bits, "bfloat16 of " + x[i]);
                    assertEquals(bits << 16, Float.floatToRawIntBits(widened[i]), "float of " + bits);
                }
            }
        }
    }
}
