package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Activations in bfloat16 in the shapes and layouts of networks, against the reference on the same rounded numbers: what is stored
 * in bfloat16 is right to 2^-8 of what was summed up, and what is stored in float32 is not rounded to bfloat16 anywhere.
 */
class CpuBfloat16Test {
    private static final double HALF = 0x1p-8;
    private static final double SINGLE = 0x1p-17;

    private final Backend reference = BackendsUnderTest.reference();
    private Backend cpu;
    private Workspace r;
    private Workspace k;

    @BeforeEach
    void open() {
        cpu = BackendsUnderTest.cpuInBfloat16();
        r = new Workspace(reference);
        k = new Workspace(cpu);
    }

    @AfterEach
    void close() {
        if (k != null) k.close();
        r.close();
    }

    /** Round to nearest, ties to even, by comparing the two neighbours. */
    private static float rounded(float x) {
        float below = Float.intBitsToFloat(Float.floatToRawIntBits(x) & 0xffff0000);
        float above = Float.intBitsToFloat(Float.floatToRawIntBits(below) + 0x10000);
        double down = Math.abs((double) x - below);
        double up = Math.abs((double) above - x);
        boolean even = (Float.floatToRawIntBits(below) >>> 16 & 1) == 0;
        return down < up || down == up && even ? below : above;
    }

    private static float[] gauss(int seed, int... dims) {
        float[] data = Workspace.gauss(seed, dims);
        for (int i = 0; i < data.length; i++) data[i] = rounded(data[i]);
        return data;
    }

    private static float[] absolute(float[] data) {
        float[] absolute = data.clone();
        for (int i = 0; i < absolute.length; i++) absolute[i] = Math.abs(absolute[i]);
        return absolute;
    }

    /** An activation that another kernel has left in this layout. */
    private CpuStorage held(float[] data, Layout layout, int[] d) {
        CpuStorage storage = activation(d);
        CpuStorage dense = CpuStorage.of(k.put(data));
        ((CpuBackend) cpu).reorders().reorder(dense, d[0], d[1], d[2], d[3], layout, storage);
        return storage;
    }

    private CpuStorage activation(int... d) {
        CpuStorage storage = CpuStorage.of(k.own(cpu.memory().activation(d)));
        storage.block.fill(0xff);
        return storage;
    }

    private static List<Layout> layouts(int channels) {
        List<Layout> layouts = new ArrayList<>(List.of(Layout.PLAIN, Layout.NHWC));
        if (channels % Layout.BLOCK == 0) layouts.add(Layout.BLOCKED16);
        return layouts;
    }

    /** {@code |actual - expected| <= share * magnitudes} in every element. */
    private static void close(String what, double share, float[] magnitudes, float[] expected, float[] actual) {
        for (int i = 0; i < expected.length; i++) {
            if (Math.abs((double) actual[i] - expected[i]) <= share * magnitudes[i] + 1e-30) continue;
            fail(what + "[" + i + "]: expected " + expected[i] + " within " + share + " of " + magnitudes[i] + ", got "
                    + actual[i]);
        }
    }

    private void half(String what, Storage storage) {
        assertEquals(DType.BFLOAT16, storage.type(), what);
    }

    private static List<Conv2dSpec> convolutions() {
        return List.of(
                Conv2dSpec.of(4, 3, 12, 12, 16, 3, 1, 1),
                Conv2dSpec.of(4, 16, 12, 12, 16, 3, 1, 1),
                Conv2dSpec.of(4, 16, 12, 12, 32, 3, 2, 1),
                Conv2dSpec.of(4, 13, 12, 12, 21, 3, 1, 1),
                Conv2dSpec.of(4, 21, 12, 12, 13, 3, 2, 1),
                Conv2dSpec.of(4, 40, 8, 8, 56, 1, 1, 0),
                Conv2dSpec.of(4, 40, 8, 8, 56, 1, 2, 0),
                new Conv2dSpec(4, 24, 12, 12, 24, 3, 3, 2, 2, 1, 1, 1, 1, 24),
                new Conv2dSpec(4, 36, 12, 12, 12, 3, 3, 1, 1, 1, 1, 1, 1, 4),
                new Conv2dSpec(4, 20, 12, 12, 20, 3, 3, 1, 1, 2, 2, 2, 2, 1));
    }

    @Test
    void convolutionsAndTheirGradients() {
        for (Conv2dSpec s : convolutions()) {
            float[] x = gauss(1, s.xDims());
            float[] w = gauss(2, s.wDims());
            float[] b = Workspace.gauss(3, s.outChannels());
            float[] dy = gauss(4, s.yDims());
            Expected values = new Expected(s, x, w, b, dy);
            Expected sizes = new Expected(s, absolute(x), absolute(w), absolute(b), absolute(dy));
            for (Layout given : layouts(s.inChannels())) {
                CpuStorage y = activation(s.yDims());
                cpu.conv2d().forward(s, held(x, given, s.xDims()), k.put(w), k.put(b), y);
                half("y of " + s, y);
                close("y of " + s + " from " + given, HALF, sizes.y, values.y, k.get(y, s.yDims()));
            }
            for (Layout given : layouts(s.outChannels())) {
                CpuStorage dx = activation(s.xDims());
                CpuStorage gradient = held(dy, given, s.yDims());
                cpu.conv2d().backwardData(s, k.put(w), gradient, dx);
                half("dx of " + s, dx);
                close("dx of " + s + " from " + given, HALF, sizes.dx, values.dx, k.get(dx, s.xDims()));
                Storage dw = k.parameter(s.wDims());
                Storage db = k.parameter(s.outChannels());
                cpu.conv2d().backwardWeights(s, held(x, Layout.NHWC, s.xDims()), gradient, dw, db);
                close("dw of " + s + " from " + given, SINGLE, sizes.dw, values.dw, k.get(dw, s.wDims()));
                close("db of " + s + " from " + given, SINGLE, sizes.db, values.db, k.get(db, s.outChannels()));
            }
        }
    }

    /** By the reference. */
    private final class Expected {
        final float[] y;
        final float[] dx;
        final float[] dw;
        final float[] db;

        Expected(Conv2dSpec s, float[] x, float[] w, float[] b, float[] dy) {
            Storage out = r.out(s.yDims());
            reference.conv2d().forward(s, r.put(x), r.put(w), r.put(b), out);
            y = r.get(out, s.yDims());
            Storage input = r.out(s.xDims());
            reference.conv2d().backwardData(s, r.put(w), r.put(dy), input);
            dx = r.get(input, s.xDims());
            Storage weights = r.out(s.wDims());
            Storage bias = r.out(s.outChannels());
            reference.conv2d().backwardWeights(s, r.put(x), r.put(dy), weights, bias);
            dw = r.get(weights, s.wDims());
            db = r.get(bias, s.outChannels());
        }
    }

    @Test
    void normalizationsAndTheirGradients() {
        // so large that widths that fill no vector are taken several pixels at a time
        for (int channels : new int[] {13, 16, 24, 32}) {
            for (Fusion fusion : Fusion.values()) {
                BatchNormSpec s = new BatchNormSpec(16, channels, 10, 10, 1e-5f, 0.1f, fusion);
                for (Layout given : layouts(channels)) normalization(s, given);
            }
        }
    }

    private void normalization(BatchNormSpec s, Layout given) {
        String what = s + " from " + given + ": ";
        int[] d = s.dims();
        int c = s.channels();
        boolean adds = s.fusion() == Fusion.ADD_RELU;
        float[] x = gauss(1, d);
        // far from what it is added to: where a sum is near zero, rounding decides whether its gradient passes
        float[] residual = gauss(2, d);
        for (int i = 0; i < residual.length; i++) residual[i] = residual[i] > 0 ? 8 : -8;
        float[] dy = gauss(3, d);
        float[] one = new float[c];
        for (int i = 0; i < c; i++) one[i] = 1;
        float[][] expected = new float[6][];
        float[][] actual = new float[6][];
        for (Workspace side : new Workspace[] {r, k}) {
            boolean ref = side == r;
            Backend b = ref ? reference : cpu;
            Storage in = ref ? r.put(x) : held(x, given, d);
            Storage add = adds ? ref ? r.put(residual) : held(residual, given, d) : null;
            Storage gamma = side.put(one);
            Storage beta = side.put(new float[c]);
            Storage mean = side.put(new float[c]);
            Storage var = side.put(one);
            Storage saved = side.saved(b.batchNorm().savedBytes(s));
            Storage y = ref ? r.out(d) : activation(d);
            b.batchNorm().forwardTraining(s, in, add, gamma, beta, mean, var, y, saved);
            float[] values = side.get(y, d);
            Storage dx = ref ? r.out(d) : activation(d);
            Storage dresidual = adds ? ref ? r.out(d) : activation(d) : null;
            Storage dgamma = side.out(c);
            Storage dbeta = side.out(c);
            Storage gradient = ref ? r.put(dy) : held(dy, given, d);
            b.batchNorm().backward(s, in, y, gamma, beta, saved, gradient, dx, dresidual, dgamma, dbeta);
            float[][] results = ref ? expected : actual;
            results[0] = values;
            results[1] = side.get(mean, c);
            results[2] = side.get(var, c);
            results[3] = side.get(dx, d);
            results[4] = side.get(dgamma, c);
            results[5] = side.get(dbeta, c);
            if (!ref) half(what + "y", y);
            if (!ref) half(what + "dx", dx);
        }
        close(what + "y", HALF, sizes(x.length, adds ? 16 : 4), expected[0], actual[0]);
        close(what + "running mean", SINGLE, sizes(c, 1), expected[1], actual[1]);
        close(what + "running variance", SINGLE, sizes(c, 1), expected[2], actual[2]);
        // several pixels at a time, the gradient has two parts, each rounded
        int parts = c % Layout.BLOCK == 0 ? 1 : 2;
        close(what + "dx", HALF, sizes(x.length, 4 * parts), expected[3], actual[3]);
        double sum = s.reduction();
        close(what + "dgamma", SINGLE, sizes(c, 4 * sum), expected[4], actual[4]);
        close(what + "dbeta", SINGLE, sizes(c, 4 * sum), expected[5], actual[5]);
    }

    private static float[] sizes(int count, double size) {
        float[] sizes = new float[count];
        for (int i = 0; i < count; i++) sizes[i] = (float) size;
        return sizes;
    }

    @Test
    void poolingPicksFromBfloat16AndAveragesInFloat32() {
        for (int channels : new int[] {13, 16, 48}) {
            int[] d = {4, channels, 9, 9};
            float[] x = gauss(1, d);
            for (Layout given : layouts(channels)) {
                Pool2dSpec max = Pool2dSpec.of(Pool2dSpec.Kind.MAX, 4, channels, 9, 9, 3, 2, 1);
                Storage best = r.out(max.yDims());
                reference
                        .pool2d()
                        .forward(max, r.put(x), best, r.saved(reference.pool2d().savedBytes(max)));
                CpuStorage y = activation(max.yDims());
                CpuStorage saved = CpuStorage.of(k.saved(cpu.pool2d().savedBytes(max)));
                cpu.pool2d().forward(max, held(x, given, d), y, saved);
                half("y of " + max, y);
                assertArrayEquals(r.get(best, max.yDims()), k.get(y, max.yDims()), max + " from " + given);

                float[] dy = gauss(2, 4, channels);
                Storage mean = r.out(4, channels);
                Storage dx = r.out(d);
                reference.pool2d().globalAverage(4, channels, 9, 9, r.put(x), mean);
                reference.pool2d().globalAverageBackward(4, channels, 9, 9, r.put(dy), dx);
                CpuStorage average = activation(4, channels);
                CpuStorage spread = activation(d);
                cpu.pool2d().globalAverage(4, channels, 9, 9, held(x, given, d), average);
                cpu.pool2d().globalAverageBackward(4, channels, 9, 9, k.put(dy), spread);
                float[] ones = sizes(4 * channels, 1);
                close("average " + given, SINGLE, ones, r.get(mean, 4, channels), k.get(average, 4, channels));
                float[] expected = r.get(dx, d);
                close("its gradient " + given, HALF, absolute(expected), expected, k.get(spread, d));
            }
        }
    }

    @Test
    void theHostRoundsAsTheLibraryDoes() {
        int[] d = {3, 5, 7, 11};
        float[] data = Workspace.gauss(9, d);
        data[0] = 1 + 0x1p-8f; // half way between two: to the even one
        data[1] = 1 + 3 * 0x1p-8f;
        data[2] = -(1 + 0x1p-8f + 0x1p-20f);
        CpuStorage byLibrary = held(data, Layout.PLAIN, d);
        CpuStorage byHost = activation(d);
        byHost.write(0, data, 0, data.length);
        byHost.wrotePlain();
        float[] expected = new float[data.length];
        for (int i = 0; i < data.length; i++) expected[i] = rounded(data[i]);
        assertArrayEquals(expected, k.get(byLibrary, d));
        assertArrayEquals(expected, k.get(byHost, d));
        assertEquals(1, expected[0]);
        assertEquals(1 + 4 * 0x1p-8f, expected[1]);

        float[] special = {Float.NaN, Float.intBitsToFloat(0x7f800001), Float.POSITIVE_INFINITY, -0f, Float.MAX_VALUE};
        CpuStorage few = activation(1, 5, 1, 1);
        few.write(0, special, 0, 5);
        float[] back = new float[5];
        few.read(0, back, 0, 5);
        float[] finest = {Float.NaN, Float.NaN, Float.POSITIVE_INFINITY, -0f, Float.POSITIVE_INFINITY};
        assertArrayEquals(finest, back);
    }

    @Test
    void activationsTakeHalfTheMemoryAndNothingElseDoes() {
        assertEquals(2 * 120, cpu.memory().activation(2, 3, 4, 5).bytes());
        assertEquals(4 * 12, cpu.memory().activation(3, 4).bytes());
        assertEquals(4 * 120, cpu.memory().parameter(2, 3, 4, 5).bytes());
        assertEquals(Precision.BF16, cpu.precision());
    }

    @Test
    void onlyActivationsOfAPass() {
        CpuStorage half = activation(2, 3, 4, 5);
        assertThrows(IllegalArgumentException.class, () -> cpu.transfer().upload(new float[120], half));
        assertThrows(IllegalArgumentException.class, () -> cpu.transfer().fill(half, 1));
    }

    @Test
    void noNaiveLoopsAndNoSlowOnes() {
        CpuConv2d conv2d = (CpuConv2d) cpu.conv2d();
        for (Conv2dSpec s : convolutions()) {
            for (ConvPlanner.Direction direction : ConvPlanner.Direction.values()) {
                for (Layout given : List.of(Layout.PLAIN, Layout.NHWC)) {
                    String name = conv2d.plan(direction, s, DType.BFLOAT16, given, false)
                            .plan()
                            .implementation();
                    assertFalse(OneDnn.naive(name), s + " " + direction + ": " + name);
                    // for the gradient of a depthwise convolution with stride it takes 200 times as long as jit_dw
                    boolean depthwise = s.groups() == s.inChannels();
                    assertFalse(depthwise && name.contains("brg"), s + " " + direction + ": " + name);
                }
            }
        }
    }

    @Test
    void instructionSetsWithAndWithoutBfloat16() {
        assertTrue(OneDnn.computesBfloat16(dnnl.dnnl_cpu_isa_avx512_core_bf16));
        assertTrue(OneDnn.computesBfloat16(dnnl.dnnl_cpu_isa_avx512_core_fp16));
        assertTrue(OneDnn.computesBfloat16(dnnl.dnnl_cpu_isa_avx512_core_amx));
        assertTrue(OneDnn.computesBfloat16(dnnl.dnnl_cpu_isa_avx512_core_amx_fp16));
        for (int isa : new int[] {
            dnnl.dnnl_cpu_isa_sse41,
            dnnl.dnnl_cpu_isa_avx2,
            dnnl.dnnl_cpu_isa_avx2_vnni_2,
            dnnl.dnnl_cpu_isa_avx512_core,
            dnnl.dnnl_cpu_isa_avx512_core_vnni
        }) {
            assertFalse(OneDnn.computesBfloat16(isa), "isa " + Integer.toHexString(isa));
        }
    }

    @Test
    void tf32IsRefused() {
        BackendOptions options = BackendOptions.standard().precision(Precision.TF32);
        String message = assertThrows(KernelException.class, () -> new CpuBackend(options))
                .getMessage();
        assertEquals(
                "device cpu: expected precision fp32 or bf16, got tf32, which needs a GPU; leave the precision out",
                message);
    }
}
