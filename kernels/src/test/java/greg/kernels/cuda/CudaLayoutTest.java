package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.ShortcutSpec;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Kernels follow the layout of their inputs: channels last must give what NCHW gives. */
class CudaLayoutTest {
    private static final int[][] SHAPES = {{1, 1, 4, 5}, {2, 3, 5, 7}, {3, 33, 6, 6}, {2, 64, 1, 1}, {5, 40, 9, 8}};

    private final Gpu gpu = new Gpu();
    private final Backend cuda = gpu.backend();

    @Test
    void rewritingIsUndoneByDownload() {
        for (int[] d : SHAPES) {
            try (Workspace k = new Workspace(cuda)) {
                float[] x = gauss(1, d);
                CudaStorage last = gpu.put(k, CudaLayout.NHWC, x, d);
                Compare.identical("download " + Arrays.toString(d), x, k.get(last, d));
                int pitch = (d[1] + 3) / 4 * 4;
                assertTrue(last.isChannelsLast(d, pitch), Arrays.toString(d));
                // the bytes themselves: element (n, h, w, c), and zeros up to the pitch
                float[] raw = raw(k, last, d, pitch);
                for (int i = 0; i < raw.length; i++) {
                    int c = i % pitch;
                    int pixel = i / pitch % (d[2] * d[3]);
                    int n = i / pitch / (d[2] * d[3]);
                    float expected = c < d[1] ? x[(n * d[1] + c) * d[2] * d[3] + pixel] : 0;
                    assertEquals(expected, raw[i], "element " + i);
                }
                Storage plain = k.out(d);
                cuda.transfer().toPlain(last, d, plain);
                assertEquals(CudaLayout.NCHW, CudaStorage.of(plain).layout());
                Compare.identical("toPlain", x, k.get(plain, d));
            }
        }
    }

    private float[] raw(Workspace k, CudaStorage last, int[] d, int pitch) {
        int length = d[0] * d[2] * d[3] * pitch;
        return k.get(new CudaStorage(cuda.memory(), last.address(), DType.FLOAT32, length), length);
    }

    /** From one padding to another, and to none. */
    @Test
    void otherPitches() {
        int[] d = {2, 5, 3, 4};
        float[] x = gauss(1, d);
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage eight = gpu.put(k, CudaLayout.NHWC, x, d);
            for (int pitch : new int[] {5, 7, 12, 8}) {
                CudaStorage other = gpu.layouts().channelsLast(eight, d, DType.FLOAT32, pitch);
                k.own(other);
                assertTrue(other.isChannelsLast(d, pitch));
                Compare.identical("pitch " + pitch, x, k.get(other, d));
                float[] raw = raw(k, other, d, pitch);
                for (int i = 0; i < raw.length; i++) if (i % pitch >= 5) assertEquals(0, raw[i], "padding " + i);
            }
        }
    }

    /** bfloat16 activations: rounded to the nearest on the way in, exact on the way out. */
    @Test
    void bfloat16() {
        for (int[] d : SHAPES) {
            try (Workspace k = new Workspace(cuda)) {
                float[] x = gauss(1, d);
                CudaStorage half = gpu.layouts().channelsLast(k.put(x), d, DType.BFLOAT16, (d[1] + 7) / 8 * 8);
                k.own(half);
                float[] rounded = new float[x.length];
                for (int i = 0; i < x.length; i++) {
                    int bits = Float.floatToRawIntBits(x[i]);
                    rounded[i] = Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
                }
                Compare.identical("bfloat16 " + Arrays.toString(d), rounded, k.get(half, d));
            }
        }
    }

    /** A weight in the order of convolutions is the same weight; where it has no room, it stays as it is. */
    @Test
    void weightsInPlace() {
        int[] d = {5, 3, 3, 2};
        float[] w = gauss(1, d);
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage weight = (CudaStorage) k.own(cuda.memory().parameter(d));
            cuda.transfer().upload(w, weight);
            assertTrue(gpu.layouts().arrange(weight, d, 4));
            assertTrue(weight.isChannelsLast(d, 4));
            Compare.identical("arranged", w, k.get(weight, d));
            long version = weight.version();
            assertTrue(gpu.layouts().arrange(weight, d, 4));
            assertEquals(version, weight.version(), "nothing to do");
            CudaStorage tight = CudaStorage.of(k.put(w));
            assertFalse(gpu.layouts().arrange(tight, d, 4));
            Compare.identical("no room", w, k.get(tight, d));
        }
    }

    /** A batch larger than the limit of a grid in z: blocks handle several images. */
    @Test
    void batchesLargerThanTheGrid() {
        int[] d = {7, 3, 5, 9};
        CudaLayouts layouts = new CudaLayouts(gpu.context(), (DeviceMemory) cuda.memory(), 3);
        try (Workspace k = new Workspace(cuda)) {
            float[] x = gauss(1, d);
            CudaStorage last = layouts.activation(k.put(x), d);
            k.own(last);
            CudaStorage back = layouts.dense(last, d);
            k.own(back);
            Compare.identical("and back", x, k.get(back, d));
            Compare.identical("by download", x, k.get(last, d));
        }
    }

    /** Sizes that are not a multiple of a word: the remainder is filled, and nothing after it. */
    @Test
    void fillsOfSevenBytes() {
        try (Workspace k = new Workspace(cuda)) {
            byte[] garbage = new byte[8];
            Arrays.fill(garbage, (byte) 0xA5);
            CudaStorage eight = CudaStorage.of(k.put(garbage));
            cuda.transfer().fill(gpu.view(eight, 0, 7), 0);
            int[] words = new int[2];
            cuda.transfer().download(new CudaStorage(cuda.memory(), eight.address(), DType.INT32, 2), words);
            assertArrayEquals(new int[] {0, 0xA5000000}, words);
        }
    }

    @Test
    void elementwise() {
        for (int[] d : SHAPES) {
            try (Workspace k = new Workspace(cuda)) {
                float[] a = gauss(1, d);
                float[] b = gauss(2, d);
                float[] sum = new float[a.length];
                for (int i = 0; i < a.length; i++) sum[i] = a[i] + b[i];
                Storage y = k.out(d);
                cuda.elementwise().add(d, gpu.put(k, CudaLayout.NHWC, a, d), k.put(b), y);
                Compare.identical("add, first channels last", sum, k.get(y, d));
                cuda.elementwise().add(d, k.put(a), gpu.put(k, CudaLayout.NHWC, b, d), y);
                Compare.identical("add, second channels last", sum, k.get(y, d));
                Storage x = gpu.put(k, CudaLayout.NHWC, a, d);
                cuda.elementwise().dropout(d, 0.5f, 3, 1, x, x);
                Storage expected = k.put(a);
                cuda.elementwise().dropout(d, 0.5f, 3, 1, expected, expected);
                Compare.identical("dropout", k.get(expected, d), k.get(x, d));
            }
        }
    }

    @Test
    void bias() {
        for (int[] d : new int[][] {{2, 3, 5, 7}, {3, 33, 6, 6}, {4, 40, 40, 40}, {70_000, 5, 1, 1}}) {
            for (CudaLayout layout : CudaLayout.values()) {
                try (Workspace k = new Workspace(cuda);
                        Workspace r = new Workspace(BackendsUnderTest.reference())) {
                    BiasSpec spec = new BiasSpec(d[0], d[1], d[2], d[3], true);
                    float[] x = gauss(1, d);
                    float[] bias = gauss(2, d[1]);
                    Storage xs = gpu.put(k, layout, x, d);
                    Storage y = k.out(d);
                    Storage dbias = k.out(d[1]);
                    cuda.elementwise().bias(spec, xs, k.put(bias), y);
                    cuda.elementwise().biasBackward(spec, xs, dbias);
                    Storage expected = r.out(d);
                    Storage expectedSums = r.out(d[1]);
                    BackendsUnderTest.reference().elementwise().bias(spec, r.put(x), r.put(bias), expected);
                    BackendsUnderTest.reference().elementwise().biasBackward(spec, r.put(x), expectedSums);
                    Compare.equal(layout + " bias", r.get(expected, d), k.get(y, d));
                    double tolerance = Compare.sum((long) d[0] * d[2] * d[3], 1);
                    Compare.close(layout + " sums", r.get(expectedSums, d[1]), k.get(dbias, d[1]), tolerance, 1e-6);
                }
            }
        }
    }

    @Test
    void shortcutsAndConcatenation() {
        ShortcutSpec s = new ShortcutSpec(2, 5, 7, 6, 2, ShortcutSpec.padded(5, 9, 3));
        ConcatSpec c = new ConcatSpec(2, List.of(5, 9), 4, 3);
        float[] x = gauss(1, s.xDims());
        float[] dy = gauss(2, s.yDims());
        float[] first = gauss(3, c.xDims(0));
        float[] second = gauss(4, c.xDims(1));
        float[][][] results = new float[2][][];
        for (CudaLayout layout : CudaLayout.values()) {
            try (Workspace k = new Workspace(cuda)) {
                Storage y = k.out(s.yDims());
                Storage dx = k.out(s.xDims());
                Storage both = k.out(c.yDims());
                cuda.shortcut().forward(s, gpu.put(k, layout, x, s.xDims()), y);
                cuda.shortcut().backward(s, gpu.put(k, layout, dy, s.yDims()), dx);
                List<Storage> parts =
                        List.of(gpu.put(k, layout, first, c.xDims(0)), gpu.put(k, layout, second, c.xDims(1)));
                cuda.concat().forward(c, parts, both);
                results[layout.ordinal()] =
                        new float[][] {k.get(y, s.yDims()), k.get(dx, s.xDims()), k.get(both, c.yDims())};
            }
        }
        for (int i = 0; i < 3; i++) Compare.identical("result " + i, results[0][i], results[1][i]);
    }

    @Test
    void globalAverage() {
        for (int[] d : SHAPES) {
            float[][] means = new float[2][];
            for (CudaLayout layout : CudaLayout.values()) {
                try (Workspace k = new Workspace(cuda)) {
                    Storage y = k.out(d[0], d[1]);
                    Storage x = gpu.put(k, layout, gauss(1, d), d);
                    cuda.pool2d().globalAverage(d[0], d[1], d[2], d[3], x, y);
                    means[layout.ordinal()] = k.get(y, d[0], d[1]);
                }
            }
            Compare.close(Arrays.toString(d), means[0], means[1], 1e-6, 1e-6);
        }
    }
}
