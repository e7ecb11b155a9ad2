package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.spec.BiasSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Activation functions, addition, multiplication, scaling and bias. Where it is one rounding per element, every backend
 * must give the very numbers that Java's float arithmetic gives here; the sigmoids are compared with double arithmetic.
 */
class ElementwiseKernelsTest {
    private static final int[][] SHAPES = {
        {1, 1, 1, 1},
        {1, 3, 5, 7},
        {2, 13, 7, 5},
        {5, 16, 8, 8},
        {2, 17, 3, 3},
        {1, 33, 9, 7},
        {2, 64, 1, 1},
        {5, 10},
        {1027}
    };

    @FunctionalInterface
    private interface Scalar {
        float apply(float a, float b);
    }

    @FunctionalInterface
    private interface Kernel {
        void run(ElementwiseKernels kernels, int[] dims, Storage a, Storage b, Storage out);
    }

    private static void check(String kind, String what, Scalar definition, Kernel kernel) {
        check(kind, what, 0, definition, kernel);
    }

    private static void check(String kind, String what, double tolerance, Scalar definition, Kernel kernel) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SHAPES).map(dims -> () -> {
            float[] a = gauss(1, dims);
            a[0] = 0;
            float[] b = gauss(2, dims);
            float[] expected = new float[a.length];
            float[] doubled = new float[a.length];
            for (int i = 0; i < a.length; i++) {
                expected[i] = definition.apply(a[i], b[i]);
                doubled[i] = definition.apply(a[i], a[i]);
            }
            String name = what + Arrays.toString(dims);
            try (Workspace k = new Workspace(backend)) {
                Storage as = k.put(a);
                Storage bs = k.put(b);
                Storage out = k.out(dims);
                long version = out.version();
                kernel.run(backend.elementwise(), dims, as, bs, out);
                Compare.close(name, expected, k.get(out, dims), tolerance, tolerance);
                assertEquals(true, out.version() > version, name + " counts the write");
                kernel.run(backend.elementwise(), dims, as, as, out);
                Compare.close(name + " of one operand", doubled, k.get(out, dims), tolerance, tolerance);
                Compare.identical(name + " leaves a alone", a, k.get(as, dims));
                Compare.identical(name + " leaves b alone", b, k.get(bs, dims));
                Storage first = k.put(a);
                kernel.run(backend.elementwise(), dims, first, bs, first);
                Compare.close(name + " into its first operand", expected, k.get(first, dims), tolerance, tolerance);
                Storage second = k.put(b);
                kernel.run(backend.elementwise(), dims, as, second, second);
                if (!List.of("relu", "relu6", "sigmoid", "silu", "scale").contains(what)) {
                    float[] actual = k.get(second, dims);
                    Compare.close(name + " into its second operand", expected, actual, tolerance, tolerance);
                }
            }
        }));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void relu(String kind) {
        check(kind, "relu", (a, b) -> a > 0 ? a : 0, (kernels, dims, a, b, out) -> kernels.relu(dims, a, out));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void reluBackward(String kind) {
        check(kind, "reluBackward", (y, dy) -> y > 0 ? dy : 0, ElementwiseKernels::reluBackward);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void relu6(String kind) {
        // 5 x, so that both bounds are passed
        check(kind, "relu6", (a, b) -> Math.min(Math.max(5 * a, 0), 6), (kernels, dims, a, b, out) -> {
            kernels.scale(dims, 5, a, out);
            kernels.relu6(dims, out, out);
        });
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void relu6Backward(String kind) {
        check(kind, "relu6Backward", (y, dy) -> y > 0 && y < 6 ? dy : 0, ElementwiseKernels::relu6Backward);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void sigmoid(String kind) {
        Kernel kernel = (kernels, dims, a, b, out) -> kernels.sigmoid(dims, a, out);
        check(kind, "sigmoid", 3e-7, (x, b) -> (float) sigmoid(x), kernel);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void sigmoidBackward(String kind) {
        Scalar definition = (y, dy) -> (float) ((double) dy * y * (1 - (double) y));
        check(kind, "sigmoidBackward", 1e-6, definition, ElementwiseKernels::sigmoidBackward);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void silu(String kind) {
        Kernel kernel = (kernels, dims, a, b, out) -> kernels.silu(dims, a, out);
        check(kind, "silu", 4e-7, (x, b) -> (float) (x * sigmoid(x)), kernel);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void siluBackward(String kind) {
        Scalar definition = (x, dy) -> {
            double s = sigmoid(x);
            return (float) (dy * (s + x * s * (1 - s)));
        };
        check(kind, "siluBackward", 1e-6, definition, ElementwiseKernels::siluBackward);
    }

    /** Far from 0, where exp over- or underflows, the sigmoids are 0, 1, 0 and x, and their gradients 0 or dy. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void sigmoidsFarFromZero(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float[] x = {
            -0f, 0, 1e-30f, -1e-30f, 17, -17, 60, -60, 87, -87, 88.8f, -88.8f, 104, -104, 1e4f, -1e4f, 3e38f, -3e38f
        };
        int n = x.length;
        float[] dy = gauss(1, n);
        float[][] expected = new float[4][n];
        for (int i = 0; i < n; i++) {
            double s = sigmoid(x[i]);
            expected[0][i] = (float) s;
            expected[1][i] = (float) (dy[i] * s * sigmoid(-(double) x[i]));
            expected[2][i] = (float) (x[i] * s);
            expected[3][i] = (float) (dy[i] * (s + x[i] * s * sigmoid(-(double) x[i])));
        }
        try (Workspace k = new Workspace(backend)) {
            ElementwiseKernels each = backend.elementwise();
            int[] dims = {n};
            Storage xs = k.put(x);
            Storage dys = k.put(dy);
            Storage[] out = {k.out(n), k.out(n), k.out(n), k.out(n)};
            each.sigmoid(dims, xs, out[0]);
            each.sigmoidBackward(dims, out[0], dys, out[1]);
            each.silu(dims, xs, out[2]);
            each.siluBackward(dims, xs, dys, out[3]);
            for (int i = 0; i < 4; i++) Compare.close("result " + i, expected[i], k.get(out[i], n), 1e-6, 1e-6);
        }
    }

    /** Kernels of two operands, each of which comes in every layout. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void operandsOfDifferentLayouts(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Map<String, Kernel> kernels = Map.of(
                "add", ElementwiseKernels::add,
                "multiply", ElementwiseKernels::multiply,
                "reluBackward", ElementwiseKernels::reluBackward,
                "relu6Backward", ElementwiseKernels::relu6Backward,
                "sigmoidBackward", ElementwiseKernels::sigmoidBackward,
                "siluBackward", ElementwiseKernels::siluBackward);
        for (int[] dims : new int[][] {{2, 13, 5, 3}, {2, 16, 3, 3}, {1, 57, 2, 3}, {2, 32, 4, 5}}) {
            float[] a = gauss(1, dims);
            float[] b = gauss(2, dims);
            kernels.forEach((name, kernel) -> {
                try (Workspace k = new Workspace(backend)) {
                    Storage dense = k.out(dims);
                    kernel.run(backend.elementwise(), dims, k.put(a), k.put(b), dense);
                    float[] expected = k.get(dense, dims);
                    Layouts.all(backend, k, a, dims).forEach((first, as) -> Layouts.all(backend, k, b, dims)
                            .forEach((second, bs) -> {
                                Storage out = k.out(dims);
                                kernel.run(backend.elementwise(), dims, as, bs, out);
                                String what = name + Arrays.toString(dims) + " " + first + ", " + second;
                                Compare.close(what, expected, k.get(out, dims), 1e-7, 1e-6);
                            }));
                }
            });
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void dropout(String kind) {
        int[] block = new int[4];
        for (float rate : new float[] {0, 0.25f, 0.5f}) {
            Backend backend = BackendsUnderTest.open(kind);
            assertAll(Stream.of(SHAPES).map(dims -> () -> {
                float[] x = gauss(1, dims);
                float[] expected = new float[x.length];
                for (int i = 0; i < x.length; i++) {
                    Philox.block(-7, i / 4, Philox.DROPOUT + (5L << 32), block);
                    boolean falls = Philox.uniform24(block[i % 4]) < rate;
                    expected[i] = falls ? 0 : x[i] * (float) (1 / (1 - (double) rate));
                }
                try (Workspace k = new Workspace(backend)) {
                    Storage y = k.out(dims);
                    Storage xs = k.put(x);
                    backend.elementwise().dropout(dims, rate, -7, 5, xs, y);
                    Compare.equal("dropout " + rate + Arrays.toString(dims), expected, k.get(y, dims));
                    backend.elementwise().dropout(dims, rate, -7, 5, xs, xs);
                    Compare.equal("in place " + rate + Arrays.toString(dims), expected, k.get(xs, dims));
                }
            }));
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void add(String kind) {
        check(kind, "add", Float::sum, ElementwiseKernels::add);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void multiply(String kind) {
        check(kind, "multiply", (a, b) -> a * b, ElementwiseKernels::multiply);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void scale(String kind) {
        check(kind, "scale", (a, b) -> 0.3f * a, (kernels, dims, a, b, out) -> kernels.scale(dims, 0.3f, a, out));
    }

    /** By a number on the device. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void scaleBy(String kind) {
        try (Workspace k = new Workspace(BackendsUnderTest.open(kind))) {
            Storage alpha = k.put(7, 0.3f);
            Storage second = k.put(0.3f);
            check(kind, "scale", (a, b) -> 0.3f * a, (kernels, dims, a, b, out) -> kernels.scale(dims, second, a, out));
            check(kind, "scale", (a, b) -> 7 * a, (kernels, dims, a, b, out) -> kernels.scale(dims, alpha, a, out));
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void bias(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SHAPES).filter(dims -> dims.length > 1).map(dims -> () -> {
            boolean matrix = dims.length == 2;
            for (boolean relu : new boolean[] {false, true}) {
                BiasSpec s = new BiasSpec(dims[0], dims[1], matrix ? 1 : dims[2], matrix ? 1 : dims[3], relu);
                float[] x = gauss(1, dims);
                float[] bias = gauss(2, dims[1]);
                float[] expected = new float[x.length];
                double[] sums = new double[dims[1]];
                for (int i = 0; i < x.length; i++) {
                    int c = i / (s.h() * s.w()) % dims[1];
                    expected[i] = x[i] + bias[c];
                    if (relu && expected[i] < 0) expected[i] = 0;
                    sums[c] += x[i];
                }
                float[] expectedSums = new float[dims[1]];
                for (int c = 0; c < sums.length; c++) expectedSums[c] = (float) sums[c];
                double tolerance = Compare.sum((long) s.n() * s.h() * s.w(), 1);
                try (Workspace k = new Workspace(backend)) {
                    Layouts.all(backend, k, x, dims).forEach((layout, xs) -> {
                        Storage y = k.out(dims);
                        Storage dbias = k.out(dims[1]);
                        backend.elementwise().bias(s, xs, k.put(bias), y);
                        backend.elementwise().biasBackward(s, xs, dbias);
                        String what = s + " " + layout;
                        Compare.equal(what, expected, k.get(y, dims));
                        Compare.close(what + " backward", expectedSums, k.get(dbias, dims[1]), tolerance, 1e-6);
                        backend.elementwise().bias(s, xs, k.put(bias), xs);
                        Compare.equal(what + " in place", expected, k.get(xs, dims));
                    });
                }
            }
        }));
    }
}
