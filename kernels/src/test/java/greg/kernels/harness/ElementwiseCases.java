package greg.kernels.harness;

import static greg.kernels.harness.Content.mixed;
import static greg.kernels.harness.Promise.BITS;
import static greg.kernels.harness.Promise.close;

import greg.kernels.Backend;
import greg.kernels.Compare;
import greg.kernels.ElementwiseKernels;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.harness.KernelCase.Form;
import greg.kernels.spec.BiasSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Elementwise functions, sums, random numbers and copies. */
final class ElementwiseCases {
    /** Channels that are padded and that are not, one pixel, one channel; matrices whose last quadruple is cut off. */
    private static final int[][] SHAPES = {
        {2, 5, 3, 7}, {3, 8, 2, 2}, {2, 13, 1, 1}, {1, 1, 3, 5}, {2, 37, 6, 6}, {3, 7}, {1, 1026}, {1, 3}
    };

    private ElementwiseCases() {}

    private interface Unary {
        void on(ElementwiseKernels kernels, int[] dims, Storage x, Storage y);
    }

    private interface Binary {
        void on(ElementwiseKernels kernels, int[] dims, Storage a, Storage b, Storage y);
    }

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (int[] d : SHAPES) {
            all.add(unary("relu", BITS, d, ElementwiseKernels::relu));
            all.add(unary("relu6", BITS, d, ElementwiseKernels::relu6));
            all.add(unary("sigmoid", close(0, 1e-6), d, ElementwiseKernels::sigmoid));
            all.add(unary("silu", close(0, 2e-6), d, ElementwiseKernels::silu));
            for (float alpha : new float[] {-0.3f, 0}) {
                all.add(unary("scale " + alpha, BITS, d, (k, dims, x, y) -> k.scale(dims, alpha, x, y)));
            }
            all.add(new KernelCase("scale by a number on the device " + Arrays.toString(d), (b, o) -> b.elementwise()
                            .scale(d, o.get("alpha"), o.get("x"), o.get("y")))
                    .input("alpha", new float[] {-0.3f}, 1)
                    .input("x", mixed(1, d), d)
                    .output("y", BITS, d)
                    .inPlace("y", "x"));
            all.add(unary("dropout", BITS, d, (k, dims, x, y) -> k.dropout(dims, 0.4f, 77, 3, x, y)));
            all.add(binary("reluBackward", BITS, d, ElementwiseKernels::reluBackward));
            all.add(binary("relu6Backward", BITS, d, ElementwiseKernels::relu6Backward));
            all.add(binary("sigmoidBackward", close(1e-44, 1e-6), d, ElementwiseKernels::sigmoidBackward));
            all.add(binary("siluBackward", close(1e-6, 1e-6), d, ElementwiseKernels::siluBackward));
            all.add(binary("add", BITS, d, ElementwiseKernels::add));
            all.add(binary("multiply", BITS, d, ElementwiseKernels::multiply));
        }
        int[][] biased = {{2, 5, 3, 7}, {3, 8, 2, 2}, {2, 37, 6, 6}, {300, 3}, {1, 1, 3, 5}};
        for (int[] d : biased) {
            all.add(bias(d, false));
            all.add(bias(d, true));
            all.add(biasBackward("numbers", Workspace.gauss(3, d), d));
            for (float one : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                all.add(biasBackward("one " + one, Content.withOne(one, 3, d), d));
            }
            all.add(biasBackward("denormals", Content.denormal(3, d), d));
        }
        sums(all);
        transfers(all);
        return all;
    }

    private static KernelCase unary(String name, Promise promise, int[] d, Unary kernel) {
        return new KernelCase(
                        name + " " + Arrays.toString(d),
                        (b, o) -> kernel.on(b.elementwise(), d, o.get("x"), o.get("y")))
                .input("x", mixed(1, d), d)
                .output("y", promise, d)
                .inPlace("y", "x");
    }

    private static KernelCase binary(String name, Promise promise, int[] d, Binary kernel) {
        return new KernelCase(
                        name + " " + Arrays.toString(d),
                        (b, o) -> kernel.on(b.elementwise(), d, o.get("a"), o.get("b"), o.get("y")))
                .input("a", mixed(1, d), d)
                .input("b", mixed(2, d), d)
                .output("y", promise, d)
                .inPlace("y", "a")
                .inPlace("y", "b");
    }

    /** A matrix is float32 in every precision. */
    private static BiasSpec spec(int[] d, boolean relu) {
        return d.length == 2 ? new BiasSpec(d[0], d[1], 1, 1, relu) : new BiasSpec(d[0], d[1], d[2], d[3], relu);
    }

    private static KernelCase bias(int[] d, boolean relu) {
        BiasSpec spec = spec(d, relu);
        return new KernelCase(
                        "bias " + spec, (b, o) -> b.elementwise().bias(spec, o.get("x"), o.get("bias"), o.get("y")))
                .input("x", mixed(1, d), d)
                .input("bias", mixed(2, d[1]), d[1])
                .output("y", BITS, d)
                .inPlace("y", "x");
    }

    private static KernelCase biasBackward(String what, float[] dy, int[] d) {
        BiasSpec spec = spec(d, true);
        Promise promise = close(Compare.sum((long) spec.n() * spec.h() * spec.w(), largest(dy)), 1e-6);
        return new KernelCase("biasBackward " + what + " " + Arrays.toString(d), (b, o) -> b.elementwise()
                        .biasBackward(spec, o.get("dy"), o.get("dbias")))
                .input("dy", dy, d)
                .output("dbias", promise, d[1]);
    }

    /** The size of a sum's terms, as far as they are numbers. */
    private static double largest(float[] terms) {
        double largest = 0;
        for (float term : terms) if (Float.isFinite(term)) largest = Math.max(largest, Math.abs(term));
        return Math.min(largest, 1);
    }

    private static void sums(List<KernelCase> all) {
        for (int[] d : new int[][] {{2, 5, 3, 7}, {3, 8, 2, 2}, {1, 1}, {9, 1001}}) {
            for (float one : new float[] {0.5f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                all.add(sum("one " + one, Content.withOne(one, 1, d), d));
                all.add(sumAbs("one " + one, Content.withOne(one, 1, d), d));
            }
            all.add(sum("denormals", Content.denormal(2, d), d));
            all.add(sumAbs("denormals", Content.denormal(2, d), d));
        }
        int part = 4097;
        float[] data = Content.withOne(Float.NaN, 1, part + 1);
        data[part] = Float.NaN;
        all.add(new KernelCase("sum of a part", (b, o) -> b.reduction().sum(part, o.get("x"), o.get("out")))
                .input("x", data, part + 1)
                .output("out", close(Compare.sum(part, 1), 1e-6), 1));
    }

    private static KernelCase sum(String what, float[] x, int[] d) {
        long n = x.length;
        return new KernelCase("sum " + what + " " + Arrays.toString(d), (b, o) -> b.reduction()
                        .sum(n, o.get("x"), o.get("out")))
                .input("x", x, d)
                .output("out", close(Compare.sum(n, largest(x)), 1e-6), 1);
    }

    private static KernelCase sumAbs(String what, float[] x, int[] d) {
        long n = x.length;
        return new KernelCase("sumAbs " + what + " " + Arrays.toString(d), (b, o) -> b.reduction()
                        .sumAbs(n, o.get("x"), o.get("out")))
                .input("x", x, d)
                .output("out", close(0, 3e-6), 1);
    }

    private static void transfers(List<KernelCase> all) {
        String waits = "run it once before";
        for (int[] d : SHAPES) {
            String dims = Arrays.toString(d);
            float[] data = mixed(1, d);
            all.add(new KernelCase("upload " + dims, (b, o) -> b.transfer().upload(data, o.get("y")))
                    .denseOutput("y", BITS, d)
                    .notCaptured(waits));
            all.add(new KernelCase("download " + dims, (b, o) -> {
                        float[] back = new float[data.length];
                        b.transfer().download(o.get("x"), d, back);
                        b.transfer().upload(back, o.get("y"));
                    })
                    .input("x", data, d)
                    .denseOutput("y", BITS, d)
                    .notCaptured(waits));
            for (float value : new float[] {1.5f, -0f, 0}) {
                all.add(new KernelCase("fill " + value + " " + dims, (b, o) -> b.transfer()
                                .fill(o.get("y"), value))
                        .denseOutput("y", BITS, d));
            }
            all.add(new KernelCase("copy " + dims, (b, o) -> b.transfer().copy(o.get("x"), o.get("y")))
                    .input("x", data, d)
                    .output("y", BITS, d)
                    .like("y", "x"));
            all.add(new KernelCase("toPlain " + dims, (b, o) -> b.transfer().toPlain(o.get("x"), d, o.get("y")))
                    .input("x", data, d)
                    .denseOutput("y", BITS, d));
            all.add(new KernelCase("uniform " + dims, (b, o) -> b.random().uniform(o.get("y"), -0.7f, 1.3f, 5))
                    .denseOutput("y", BITS, d));
        }
        int[] ints = {3, Integer.MIN_VALUE, -1, 0, Integer.MAX_VALUE};
        all.add(new KernelCase("uploadInts", (b, o) -> b.transfer().upload(ints, o.get("y")))
                .output("y", Form.INTS, ints.length)
                .notCaptured(waits));
        all.add(new KernelCase("downloadInts", ElementwiseCases::throughHost)
                .ints("x", ints)
                .output("y", Form.INTS, ints.length)
                .notCaptured(waits));
        all.add(new KernelCase("slice", (b, o) -> b.transfer().slice(o.get("x"), 1, o.get("y")))
                .ints("x", ints)
                .output("y", Form.INTS, 3));
        byte[] bytes = {1, -1, 0, 127, -128, 5, 6};
        all.add(new KernelCase("uploadBytes", (b, o) -> b.transfer().upload(bytes, o.get("y")))
                .output("y", Form.BYTES, bytes.length)
                .notCaptured(waits));
    }

    private static void throughHost(Backend b, KernelCase.Operands o) {
        int[] back = new int[Math.toIntExact(o.get("x").length())];
        b.transfer().download(o.get("x"), back);
        b.transfer().upload(back, o.get("y"));
    }
}
