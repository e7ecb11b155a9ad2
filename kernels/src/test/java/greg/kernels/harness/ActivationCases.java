package greg.kernels.harness;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.harness.Content.mixed;
import static greg.kernels.harness.Promise.BITS;
import static greg.kernels.harness.Promise.close;

import greg.kernels.Compare;
import greg.kernels.spec.AugmentSpec;
import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.GateSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.kernels.spec.ShortcutSpec;
import greg.kernels.spec.UpsampleNearestSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Kernels that move activations, select from them or sum over their pixels. */
final class ActivationCases {
    private ActivationCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (int[] d : new int[][] {{2, 5, 3, 7}, {3, 8, 2, 2}, {2, 13, 1, 1}, {1, 1, 3, 5}, {1, 41, 6, 6}}) {
            gates(all, d);
            globalAverages(all, d);
        }
        shortcuts(all);
        concatenations(all);
        upsampling(all);
        pooling(all);
        augmentation(all);
        return all;
    }

    private static void gates(List<KernelCase> all, int[] d) {
        GateSpec s = new GateSpec(d[0], d[1], d[2], d[3]);
        all.add(new KernelCase("gate " + s, (b, o) -> b.gate().forward(s, o.get("x"), o.get("gate"), o.get("y")))
                .input("x", mixed(1, d), d)
                .input("gate", mixed(2, s.gateDims()), s.gateDims())
                .output("y", BITS, d)
                .inPlace("y", "x"));
        for (float one : new float[] {1, Float.NaN, Float.POSITIVE_INFINITY}) {
            all.add(new KernelCase("backwardGate one " + one + " " + s, (b, o) -> b.gate()
                            .backwardGate(s, o.get("x"), o.get("dy"), o.get("dgate")))
                    .input("x", gauss(1, d), d)
                    .input("dy", Content.withOne(one, 3, d), d)
                    .output("dgate", close(Compare.sum(s.h() * s.w(), 1), 1e-6), s.gateDims()));
        }
    }

    private static void globalAverages(List<KernelCase> all, int[] d) {
        String dims = Arrays.toString(d);
        for (float one : new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}) {
            all.add(new KernelCase("globalAverage one " + one + " " + dims, (b, o) -> b.pool2d()
                            .globalAverage(d[0], d[1], d[2], d[3], o.get("x"), o.get("y")))
                    .input("x", Content.withOne(one, 1, d), d)
                    .output("y", close(1e-6, 1e-6), d[0], d[1]));
        }
        all.add(new KernelCase("globalAverageBackward " + dims, (b, o) -> b.pool2d()
                        .globalAverageBackward(d[0], d[1], d[2], d[3], o.get("dy"), o.get("dx")))
                .input("dy", mixed(1, d[0], d[1]), d[0], d[1])
                .output("dx", close(1e-44, 1e-6), d));
    }

    private static void shortcuts(List<KernelCase> all) {
        ShortcutSpec[] specs = {
            new ShortcutSpec(2, 3, 5, 7, 2, ShortcutSpec.padded(3, 8, 2)),
            new ShortcutSpec(1, 8, 4, 4, 1, ShortcutSpec.padded(8, 13, 0)),
            new ShortcutSpec(2, 5, 6, 7, 2, List.of(-1, 3, 0, -1, 4)),
            new ShortcutSpec(1, 2, 3, 3, 2, List.of(-1, -1, -1)),
            new ShortcutSpec(2, 6, 1, 1, 1, ShortcutSpec.padded(6, 9, 3)),
        };
        for (ShortcutSpec s : specs) {
            all.add(new KernelCase("shortcut " + s, (b, o) -> b.shortcut().forward(s, o.get("x"), o.get("y")))
                    .input("x", mixed(1, s.xDims()), s.xDims())
                    .output("y", BITS, s.yDims()));
            all.add(new KernelCase(
                            "shortcutBackward " + s, (b, o) -> b.shortcut().backward(s, o.get("dy"), o.get("dx")))
                    .input("dy", mixed(2, s.yDims()), s.yDims())
                    .output("dx", BITS, s.xDims()));
        }
    }

    private static void concatenations(List<KernelCase> all) {
        ConcatSpec[] specs = {
            new ConcatSpec(2, List.of(5, 9), 4, 3),
            new ConcatSpec(2, List.of(8, 4, 8), 3, 3),
            new ConcatSpec(3, List.of(1, 2, 3), 1, 1),
            new ConcatSpec(1, List.of(7), 2, 5),
        };
        for (ConcatSpec s : specs) {
            int inputs = s.channels().size();
            KernelCase forward = new KernelCase("concat " + s, (b, o) -> b.concat()
                    .forward(
                            s,
                            IntStream.range(0, inputs)
                                    .mapToObj(i -> o.get("x" + i))
                                    .toList(),
                            o.get("y")));
            for (int i = 0; i < inputs; i++) {
                forward.input("x" + i, mixed(i, s.xDims(i)), s.xDims(i));
                int input = i;
                all.add(new KernelCase("concatBackward " + input + " " + s, (b, o) -> b.concat()
                                .backward(s, input, o.get("dy"), o.get("dx")))
                        .input("dy", mixed(9, s.yDims()), s.yDims())
                        .output("dx", BITS, s.xDims(i)));
            }
            all.add(forward.output("y", BITS, s.yDims()));
        }
    }

    private static void upsampling(List<KernelCase> all) {
        UpsampleNearestSpec[] specs = {
            new UpsampleNearestSpec(2, 5, 3, 2, 2, 2),
            new UpsampleNearestSpec(1, 8, 2, 3, 1, 3),
            new UpsampleNearestSpec(2, 13, 1, 1, 2, 1),
            new UpsampleNearestSpec(1, 1, 3, 3, 3, 2),
        };
        for (UpsampleNearestSpec s : specs) {
            Promise sums = close(Compare.sum((long) s.factorH() * s.factorW(), 1), 1e-6);
            all.add(new KernelCase("upsampleNearest " + s, (b, o) -> b.upsampleNearest()
                            .forward(s, o.get("x"), o.get("y")))
                    .input("x", mixed(1, s.xDims()), s.xDims())
                    .output("y", BITS, s.yDims()));
            for (float one : new float[] {1, Float.NaN, Float.POSITIVE_INFINITY}) {
                all.add(new KernelCase("upsampleNearestBackward one " + one + " " + s, (b, o) -> b.upsampleNearest()
                                .backward(s, o.get("dy"), o.get("dx")))
                        .input("dy", Content.withOne(one, 2, s.yDims()), s.yDims())
                        .output("dx", sums, s.xDims()));
            }
        }
    }

    private static void pooling(List<KernelCase> all) {
        Pool2dSpec[] specs = {
            Pool2dSpec.of(Kind.MAX, 2, 5, 7, 6, 3, 2, 1),
            Pool2dSpec.of(Kind.MAX, 1, 8, 4, 4, 2, 2, 0),
            new Pool2dSpec(Kind.MAX, 2, 3, 5, 7, 3, 2, 2, 3, 1, 0, true),
            Pool2dSpec.of(Kind.AVG, 2, 5, 7, 6, 3, 2, 1),
            Pool2dSpec.of(Kind.AVG, 1, 8, 4, 4, 2, 2, 0),
            new Pool2dSpec(Kind.AVG, 2, 3, 5, 7, 3, 2, 2, 3, 1, 0, true),
        };
        for (Pool2dSpec s : specs) {
            boolean max = s.kind() == Kind.MAX;
            float[] x = max ? mixed(1, s.xDims()) : Content.withOne(Float.NaN, 1, s.xDims());
            Promise promise = max ? BITS : close(1e-6, 1e-6);
            all.add(new KernelCase(
                            "pool2d " + s, (b, o) -> b.pool2d().forward(s, o.get("x"), o.get("y"), o.get("saved")))
                    .input("x", x, s.xDims())
                    .output("y", promise, s.yDims())
                    .saved("saved", b -> b.pool2d().savedBytes(s)));
            all.add(new KernelCase(
                            "pool2d without saving " + s, (b, o) -> b.pool2d().forward(s, o.get("x"), o.get("y"), null))
                    .input("x", x, s.xDims())
                    .output("y", promise, s.yDims()));
            all.add(new KernelCase("pool2dBackward " + s, (b, o) -> b.pool2d()
                            .backward(s, o.get("dy"), o.get("saved"), o.get("dx")))
                    .preparation((b, o) -> b.pool2d().forward(s, o.get("x"), o.get("y"), o.get("saved")))
                    .input("x", gauss(1, s.xDims()), s.xDims())
                    .input("dy", Content.withOne(Float.NaN, 2, s.yDims()), s.yDims())
                    .prepared("y", s.yDims())
                    .preparedBytes("saved", b -> b.pool2d().savedBytes(s))
                    .output("dx", close(2e-6, 1e-6), s.xDims()));
        }
    }

    private static void augmentation(List<KernelCase> all) {
        float[] mean = {0.4914f, 0.4822f, 0.4465f};
        float[] std = {0.2023f, 0.1994f, 0.2010f};
        AugmentSpec[] specs = {
            new AugmentSpec(3, 3, 6, 5, 6, 5, 2, true, true, mean, std),
            // the same means, other deviations; and the reverse
            new AugmentSpec(3, 3, 6, 5, 6, 5, 2, true, true, mean, new float[] {0.3f, 0.1994f, 0.2010f}),
            new AugmentSpec(3, 3, 6, 5, 6, 5, 2, true, true, new float[] {0.5f, 0.4822f, 0.4465f}, std),
            new AugmentSpec(2, 1, 7, 4, 5, 4, 0, false, false, new float[] {0.13f}, new float[] {0.31f}),
            new AugmentSpec(2, 8, 5, 4, 4, 3, 1, true, false, new float[8], mixed(1, 8)),
        };
        for (AugmentSpec s : specs) {
            byte[] images = new byte[4 * s.h() * s.w() * s.channels()];
            new Random(3).nextBytes(images);
            int[] dims = {s.n(), s.channels(), s.outH(), s.outW()};
            String what = s.n() + " " + Arrays.toString(s.mean()) + " " + Arrays.toString(s.std());
            all.add(new KernelCase("batch " + what, (b, o) -> b.augment()
                            .batch(s, o.get("images"), o.get("indices"), 9, 1L << 33, o.get("y")))
                    .bytes("images", images)
                    .ints("indices", Arrays.copyOf(new int[] {3, 0, 2}, s.n()))
                    .output("y", BITS, dims));
        }
    }
}
