package greg.kernels.harness;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.harness.Promise.BITS;
import static greg.kernels.harness.Promise.close;

import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.GemmSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Products, convolutions, normalization and the loss. */
final class NetworkCases {
    private NetworkCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) products(all, new GemmSpec(5, 3, 7, (i & 1) != 0, (i & 2) != 0, (i & 4) != 0));
        Conv2dOptions none = Conv2dOptions.DEFAULT;
        convolutions(all, new int[] {2, 5, 4, 5}, new int[] {6, 5, 3, 3}, none.padding(1));
        convolutions(all, new int[] {1, 8, 5, 4}, new int[] {8, 8, 3, 2}, none.stride(2));
        convolutions(all, new int[] {2, 13, 3, 3}, new int[] {5, 13, 1, 1}, none);
        convolutions(
                all,
                new int[] {1, 6, 4, 4},
                new int[] {6, 1, 3, 3},
                none.padding(1).groups(6));
        for (Fusion fusion : Fusion.values()) {
            for (int[] d : new int[][] {{2, 5, 3, 4}, {3, 8, 2, 2}, {5, 13, 1, 1}}) {
                normalizations(all, new BatchNormSpec(d[0], d[1], d[2], d[3], 1e-5f, 0.1f, fusion));
            }
        }
        losses(all);
        return all;
    }

    private static void products(List<KernelCase> all, GemmSpec s) {
        int[] a = s.transA() ? new int[] {s.k(), s.m()} : new int[] {s.m(), s.k()};
        int[] b = s.transB() ? new int[] {s.n(), s.k()} : new int[] {s.k(), s.n()};
        Promise promise = close(Compare.sum(s.k() + 1, 1), 1e-6);
        for (float one : new float[] {1, Float.NaN, Float.POSITIVE_INFINITY}) {
            KernelCase c = new KernelCase("gemm one " + one + " " + s, (backend, o) -> backend.gemm()
                            .gemm(s, o.get("a"), o.get("b"), o.get("c")))
                    .input("a", Content.withOne(one, 1, a), a)
                    .input("b", gauss(2, b), b)
                    .multiplied("a", "b");
            all.add(
                    s.accumulate()
                            ? c.updated("c", promise, gauss(3, s.m(), s.n()), s.m(), s.n())
                            : c.output("c", promise, s.m(), s.n()));
        }
    }

    private static void convolutions(List<KernelCase> all, int[] x, int[] w, Conv2dOptions options) {
        Conv2dSpec s = Conv2dSpec.of(x, w, options);
        int taps = s.inChannels() / s.groups() * s.kernelH() * s.kernelW();
        Promise forward = close(Compare.sum(taps + 1, 1), 1e-6);
        Promise data = close(Compare.sum((long) s.outChannels() * s.kernelH() * s.kernelW() + 1, 1), 1e-6);
        Promise weights = close(Compare.sum((long) s.n() * s.outH() * s.outW(), 1), 1e-6);
        for (boolean bias : new boolean[] {false, true}) {
            KernelCase c = new KernelCase((bias ? "conv2d with bias " : "conv2d ") + s, (b, o) -> b.conv2d()
                            .forward(s, o.get("x"), o.get("w"), o.get("bias"), o.get("y")))
                    .input("x", Content.withOne(Float.NaN, 1, x), x)
                    .parameter("w", gauss(2, w), w)
                    .multiplied("w")
                    .output("y", bias ? forward.by(3 * Math.sqrt(taps)) : forward, s.yDims());
            all.add(bias ? c.input("bias", gauss(3, w[0]), w[0]) : c);
            KernelCase d = new KernelCase(
                            (bias ? "conv2dBackwardWeights with bias " : "conv2dBackwardWeights ") + s,
                            (b, o) -> b.conv2d().backwardWeights(s, o.get("x"), o.get("dy"), o.get("dw"), o.get("db")))
                    .input("x", gauss(1, x), x)
                    .input("dy", gauss(4, s.yDims()), s.yDims())
                    .parameterOutput("dw", weights, w)
                    .multiplied("dw");
            all.add(bias ? d.output("db", weights, w[0]) : d);
        }
        all.add(new KernelCase("conv2dBackwardData " + s, (b, o) -> b.conv2d()
                        .backwardData(s, o.get("w"), o.get("dy"), o.get("dx")))
                .parameter("w", gauss(2, w), w)
                .multiplied("w")
                .input("dy", Content.withOne(Float.NaN, 4, s.yDims()), s.yDims())
                .output("dx", data, x));
        all.add(new KernelCase("conv2dAddBackwardData " + s, (b, o) -> {
                    if (b.conv2d().accumulates(s)) {
                        b.conv2d().addBackwardData(s, o.get("w"), o.get("dy"), o.get("dx"));
                    } else {
                        Storage part = b.memory().like(o.get("dx"));
                        b.conv2d().backwardData(s, o.get("w"), o.get("dy"), part);
                        b.elementwise().add(x, part, o.get("dx"), o.get("dx"));
                        part.release();
                    }
                })
                .parameter("w", gauss(2, w), w)
                .multiplied("w")
                .input("dy", gauss(4, s.yDims()), s.yDims())
                .updated("dx", data, gauss(5, x), x));
    }

    private static void normalizations(List<KernelCase> all, BatchNormSpec s) {
        int[] d = s.dims();
        int c = s.channels();
        boolean adds = s.fusion() == Fusion.ADD_RELU;
        Promise y = close(1e-5, 1e-5);
        Promise sums = close(1e-5 + 2 * Compare.sum(s.reduction(), 1), 1e-5);
        for (float one : new float[] {1, Float.NaN}) {
            KernelCase training = new KernelCase("batchNorm one " + one + " " + s, NetworkCases.training(s))
                    .input("x", Content.withOne(one, 1, d), d)
                    .input("gamma", gauss(2, c), c)
                    .input("beta", gauss(3, c), c)
                    .updated("mean", close(1e-6, 1e-6), gauss(4, c), c)
                    .updated("var", close(1e-6, 1e-5), Content.positive(5, c), c)
                    .output("y", y, d)
                    .saved("saved", b -> b.batchNorm().savedBytes(s));
            all.add(adds ? training.input("residual", gauss(6, d), d) : training);
            KernelCase inference = new KernelCase("batchNormInference one " + one + " " + s, (b, o) -> b.batchNorm()
                            .forwardInference(
                                    s,
                                    o.get("x"),
                                    o.get("residual"),
                                    o.get("gamma"),
                                    o.get("beta"),
                                    o.get("mean"),
                                    o.get("var"),
                                    o.get("y")))
                    .input("x", Content.withOne(one, 1, d), d)
                    .input("gamma", gauss(2, c), c)
                    .input("beta", gauss(3, c), c)
                    .input("mean", gauss(4, c), c)
                    .input("var", Content.positive(5, c), c)
                    .output("y", y, d);
            all.add(adds ? inference.input("residual", gauss(6, d), d) : inference);
        }
        KernelCase backward = new KernelCase("batchNormBackward " + s, (b, o) -> b.batchNorm()
                        .backward(
                                s,
                                o.get("x"),
                                o.get("y"),
                                o.get("gamma"),
                                o.get("beta"),
                                o.get("saved"),
                                o.get("dy"),
                                o.get("dx"),
                                o.get("dresidual"),
                                o.get("dgamma"),
                                o.get("dbeta")))
                .preparation(training(s))
                .input("x", gauss(1, d), d)
                .input("gamma", gauss(2, c), c)
                .input("beta", gauss(3, c), c)
                .input("mean", gauss(4, c), c)
                .input("var", Content.positive(5, c), c)
                .input("dy", gauss(7, d), d)
                .prepared("y", d)
                .preparedBytes("saved", b -> b.batchNorm().savedBytes(s))
                .output("dx", close(2e-5, 1e-5), d)
                .output("dgamma", sums, c)
                .output("dbeta", sums, c);
        if (adds)
            backward.input("residual", Content.withOne(Float.NaN, 6, d), d)
                    .output("dresidual", BITS, d)
                    .inPlace("dresidual", "dy");
        else backward.inPlace("dx", "dy");
        all.add(backward);
        KernelCase constants = new KernelCase("batchNormBackwardInference " + s, (b, o) -> b.batchNorm()
                        .backwardInference(
                                s,
                                o.get("x"),
                                o.get("y"),
                                o.get("gamma"),
                                o.get("mean"),
                                o.get("var"),
                                o.get("dy"),
                                o.get("dx"),
                                o.get("dresidual"),
                                o.get("dgamma"),
                                o.get("dbeta")))
                .input("x", gauss(1, d), d)
                .input("y", Content.withOne(Float.NaN, 8, d), d)
                .input("gamma", gauss(2, c), c)
                .input("mean", gauss(4, c), c)
                .input("var", Content.positive(5, c), c)
                .input("dy", gauss(7, d), d)
                .output("dx", close(1e-6, 1e-6), d)
                .output("dgamma", sums, c)
                .output("dbeta", sums, c);
        if (adds) constants.output("dresidual", BITS, d).inPlace("dresidual", "dy");
        else constants.inPlace("dx", "dy");
        all.add(constants);
    }

    private static KernelCase.Call training(BatchNormSpec s) {
        return (b, o) -> b.batchNorm()
                .forwardTraining(
                        s,
                        o.get("x"),
                        o.get("residual"),
                        o.get("gamma"),
                        o.get("beta"),
                        o.get("mean"),
                        o.get("var"),
                        o.get("y"),
                        o.get("saved"));
    }

    private static void losses(List<KernelCase> all) {
        for (int[] d : new int[][] {{1, 1}, {5, 10}, {33, 5}, {2, 70}}) {
            int[] labels = new int[d[0]];
            for (int i = 0; i < labels.length; i++) labels[i] = i * 7 % d[1];
            for (float one : new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}) {
                for (boolean gradient : new boolean[] {true, false}) {
                    KernelCase c = new KernelCase(
                                    "softmaxLoss one " + one + " " + Arrays.toString(d) + (gradient ? "" : " alone"),
                                    (b, o) -> b.softmaxLoss()
                                            .forward(
                                                    d[0],
                                                    d[1],
                                                    o.get("logits"),
                                                    o.get("labels"),
                                                    o.get("loss"),
                                                    o.get("dlogits"),
                                                    o.get("metrics")))
                            .input("logits", Content.withOne(one, 1, d), d)
                            .ints("labels", labels)
                            .output("loss", close(1e-6, 2e-6), 1)
                            .updated("metrics", close(1e-5, 2e-6), new float[] {1, 2, 3}, 3);
                    all.add(gradient ? c.output("dlogits", close(1e-6 / d[0], 1e-5), d) : c);
                }
            }
        }
    }
}
