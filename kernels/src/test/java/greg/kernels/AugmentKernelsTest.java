package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.spec.AugmentSpec;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Crop, flip and normalize against an image that is really padded; to the bit. */
class AugmentKernelsTest {
    private static final int IMAGES = 11;

    private static final AugmentSpec[] SPECS = {
        spec(1, 1, 7, 5, 7, 5, 0, false, false),
        spec(5, 3, 8, 8, 8, 8, 4, true, true),
        spec(33, 3, 9, 7, 8, 6, 2, true, true),
        spec(5, 3, 9, 8, 6, 5, 0, false, false),
        spec(5, 1, 28, 28, 28, 28, 0, true, true),
        spec(17, 3, 32, 32, 32, 32, 4, true, false),
        spec(2, 3, 5, 5, 9, 9, 3, false, true),
        // more than the 4096 elements that a block of the GPU's kernel covers
        spec(2, 1, 64, 65, 64, 65, 1, true, true),
    };

    private static AugmentSpec spec(
            int n, int channels, int h, int w, int outH, int outW, int pad, boolean random, boolean flip) {
        float[] mean = channels == 1 ? new float[] {0.1307f} : new float[] {0.4914f, 0.4822f, 0.4465f};
        float[] std = channels == 1 ? new float[] {0.3081f} : new float[] {0.2023f, 0.1994f, 0.2010f};
        return new AugmentSpec(n, channels, h, w, outH, outW, pad, random, flip, mean, std);
    }

    /** The window of the padded image at (top, left), mirrored or not, channel by channel. */
    private static void sample(AugmentSpec s, byte[] images, int image, long seed, long counter, float[] y, int n) {
        int paddedH = s.h() + 2 * s.pad();
        int paddedW = s.w() + 2 * s.pad();
        int top = (paddedH - s.outH()) / 2;
        int left = (paddedW - s.outW()) / 2;
        boolean flip = false;
        if (s.random()) {
            int[] words = new int[4];
            Philox.block(seed, counter, Philox.AUGMENT, words);
            top = (int) ((words[0] & 0xFFFFFFFFL) * (paddedH - s.outH() + 1) >>> 32);
            left = (int) ((words[1] & 0xFFFFFFFFL) * (paddedW - s.outW() + 1) >>> 32);
            flip = s.flip() && words[2] < 0;
        }
        for (int c = 0; c < s.channels(); c++) {
            float[][] padded = new float[paddedH][paddedW];
            for (int i = 0; i < s.h(); i++) {
                for (int j = 0; j < s.w(); j++) {
                    int pixel = images[((image * s.h() + i) * s.w() + j) * s.channels() + c] & 0xFF;
                    padded[i + s.pad()][j + s.pad()] = pixel / 255f;
                }
            }
            for (int p = 0; p < s.outH(); p++) {
                for (int q = 0; q < s.outW(); q++) {
                    float value = padded[top + p][left + q];
                    int column = flip ? s.outW() - 1 - q : q;
                    y[((n * s.channels() + c) * s.outH() + p) * s.outW() + column] = (value - s.mean()[c]) / s.std()[c];
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithItsDefinition(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            byte[] images = new byte[IMAGES * s.h() * s.w() * s.channels()];
            new Random(5).nextBytes(images);
            int[] indices = new Random(6).ints(s.n(), 0, IMAGES).toArray();
            // the second counter crosses a word, the third wraps
            for (long counter : new long[] {0, 0xFFFFFFFEL, -2}) {
                long seed = 0x123456789ABCDEFL;
                float[] expected = new float[s.n() * s.channels() * s.outH() * s.outW()];
                for (int i = 0; i < s.n(); i++) sample(s, images, indices[i], seed, counter + i, expected, i);
                try (Workspace k = new Workspace(backend)) {
                    Storage y = k.out(expected.length);
                    backend.augment().batch(s, k.put(images), k.put(indices), seed, counter, y);
                    float[] actual = k.get(y, s.n(), s.channels(), s.outH(), s.outW());
                    Compare.identical(s + " counter " + counter, expected, actual);
                }
            }
        }));
    }

    /** Specs of one data set that differ in one number only: whatever a backend keeps of them must not be that of another. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void constantsAreThoseOfTheSpec(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float[][] constants = {{0.5f, 0.4f, 0.3f}, {0.2f, 0.3f, 0.4f}, {0.5f, 0.4f, 0.31f}, {0.2f, 0.3f, 0.41f}};
        byte[] images = new byte[IMAGES * 8 * 8 * 3];
        new Random(5).nextBytes(images);
        try (Workspace k = new Workspace(backend)) {
            Storage bytes = k.put(images);
            for (int[] which : new int[][] {{0, 1}, {0, 3}, {2, 3}, {2, 1}, {0, 1}, {1, 0}}) {
                float[] mean = constants[which[0]];
                float[] std = constants[which[1]];
                AugmentSpec s = new AugmentSpec(2, 3, 8, 8, 8, 8, 0, false, false, mean, std);
                float[] expected = new float[2 * 3 * 8 * 8];
                for (int i = 0; i < 2; i++) sample(s, images, i, 0, 0, expected, i);
                Storage y = k.out(2, 3, 8, 8);
                backend.augment().batch(s, bytes, k.put(new int[] {0, 1}), 0, 0, y);
                Compare.identical(Arrays.toString(which), expected, k.get(y, 2, 3, 8, 8));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void offsetsAndFlipsAreUniform(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        // a 1 x 1 window over a 1 x 4 image without padding: the value shows the column; 2 wide: the order shows the
        // flip
        int n = 4000;
        AugmentSpec s = new AugmentSpec(n, 1, 1, 5, 1, 2, 0, true, true, new float[] {0}, new float[] {1 / 255f});
        try (Workspace k = new Workspace(backend)) {
            Storage y = k.out(n * 2);
            backend.augment().batch(s, k.put(new byte[] {0, 10, 20, 30, 40}), k.put(new int[n]), 42, 0, y);
            float[] windows = k.get(y, n, 1, 1, 2);
            int[] offsets = new int[4];
            int flips = 0;
            for (int i = 0; i < n; i++) {
                int first = Math.round(windows[2 * i] / 10);
                int second = Math.round(windows[2 * i + 1] / 10);
                assertEquals(1, Math.abs(first - second), "neighbours");
                offsets[Math.min(first, second)]++;
                if (second < first) flips++;
            }
            // binomial, standard deviations 32 and 27: six of each
            assertTrue(Math.abs(flips - n / 2) < 190, "flips " + flips + " of " + n);
            for (int count : offsets) assertTrue(Math.abs(count - n / 4) < 165, "offset taken " + count + " times");
        }
    }
}
