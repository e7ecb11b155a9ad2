package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.Workspace.ramp;

import greg.kernels.BackendOptions;
import greg.kernels.Compare;
import greg.kernels.ElementwiseKernels;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.spec.AugmentSpec;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.kernels.spec.BiasSpec;
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
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every kernel over activations with both of their types: against {@code reference}, from padded inputs to padded outputs. */
class ActivationKernelsTest {
    /** Widths that pruning leaves, one channel, one pixel, and rows for several blocks. */
    private static final int[][] SHAPES = {
        {2, 13, 5, 7}, {1, 1, 6, 5}, {3, 57, 3, 2}, {1, 130, 4, 4}, {5, 8, 1, 1}, {4, 10, 1, 1}, {3, 3, 47, 40}
    };

    private static CudaBackend half;

    @BeforeAll
    static void open() {
        new Gpu();
        half = new CudaBackend(BackendOptions.standard().precision(Precision.BF16));
        ForgetfulPool.install(half);
    }

    @AfterAll
    static void close() {
        half.close();
    }

    private static void both(String what, double sums, Consumer<ActivationLab> body) {
        ActivationLab.compare(what, new Gpu().backend(), sums, body);
        ActivationLab.compare(what, half, sums, body);
    }

    private static void both(String what, Consumer<ActivationLab> body) {
        both(what, 1e-6, body);
    }

    @Test
    void batchNorm() {
        for (int[] d : SHAPES) {
            for (Fusion fusion : Fusion.values()) {
                BatchNormSpec s = new BatchNormSpec(d[0], d[1], d[2], d[3], 1e-5f, 0.1f, fusion);
                both(s.toString(), 2e-5 + 2 * Compare.sum(s.reduction(), 1), lab -> batchNorm(lab, s));
            }
        }
    }

    private static void batchNorm(ActivationLab lab, BatchNormSpec s) {
        boolean add = s.fusion() == Fusion.ADD_RELU;
        int c = s.channels();
        Storage x = lab.activation(gauss(1, s.dims()), s.dims());
        Storage residual = add ? lab.activation(gauss(2, s.dims()), s.dims()) : null;
        Storage gamma = lab.put(gauss(3, c));
        Storage beta = lab.put(gauss(4, c));
        float[] variances = gauss(6, c);
        for (int i = 0; i < c; i++) variances[i] = 0.5f + Math.abs(variances[i]);
        Storage mean = lab.put(gauss(5, c));
        Storage var = lab.put(variances);
        Storage dy = lab.activation(gauss(7, s.dims()), s.dims());
        var bn = lab.backend().batchNorm();
        Storage inference = lab.out(s.dims());
        bn.forwardInference(s, x, residual, gamma, beta, mean, var, inference);
        lab.result("inference", inference, s.dims());
        // an output that every backend reads as it is: where the ReLU passed must not depend on rounding
        Storage y = lab.activation(gauss(8, s.dims()), s.dims());
        Storage[] out = {lab.out(s.dims()), add ? lab.out(s.dims()) : null, lab.out(c), lab.out(c)};
        bn.backwardInference(s, x, y, gamma, mean, var, dy, out[0], out[1], out[2], out[3]);
        for (int i = 0; i < 2; i++) if (out[i] != null) lab.result("constant " + i, out[i], s.dims());
        for (int i = 2; i < 4; i++) lab.result("constant " + i, out[i], c);
        Storage saved = lab.saved(bn.savedBytes(s));
        Storage forward = lab.out(s.dims());
        bn.forwardTraining(s, x, residual, gamma, beta, mean, var, forward, saved);
        lab.result("y", forward, s.dims());
        lab.result("running mean", mean, c);
        lab.result("running var", var, c);
        Storage[] in = {lab.out(s.dims()), add ? lab.out(s.dims()) : null, lab.out(c), lab.out(c)};
        bn.backward(s, x, forward, gamma, beta, saved, dy, in[0], in[1], in[2], in[3]);
        for (int i = 0; i < 2; i++) if (in[i] != null) lab.result("gradient " + i, in[i], s.dims());
        for (int i = 2; i < 4; i++) lab.result("gradient " + i, in[i], c);
        if (!add) {
            bn.backward(s, x, forward, gamma, beta, saved, dy, dy, null, in[2], in[3]);
            lab.result("gradient in place", dy, s.dims());
        } else {
            bn.backward(s, x, forward, gamma, beta, saved, dy, in[0], dy, in[2], in[3]);
            lab.result("gradient of the residual in place", dy, s.dims());
        }
    }

    @Test
    void pooling() {
        for (Kind kind : Kind.values()) {
            for (Pool2dSpec s : List.of(
                    Pool2dSpec.of(kind, 2, 13, 9, 7, 3, 2, 1),
                    Pool2dSpec.of(kind, 1, 57, 7, 7, 3, 1, 1),
                    Pool2dSpec.of(kind, 2, 1, 8, 8, 2, 2, 0),
                    Pool2dSpec.of(kind, 1, 130, 5, 5, 2, 3, 0),
                    Pool2dSpec.of(kind, 1, 3, 18, 19, 17, 1, 8),
                    new Pool2dSpec(kind, 1, 13, 6, 9, 3, 2, 2, 2, 1, 1, true),
                    new Pool2dSpec(kind, 2, 5, 6, 9, 4, 5, 3, 1, 1, 2, true))) {
                for (boolean ties : new boolean[] {false, true}) {
                    both(s + (ties ? " ties" : ""), 4e-6, lab -> {
                        float[] x = ties ? ramp(7, 3, 1, s.xDims()) : gauss(1, s.xDims());
                        Storage in = lab.activation(x, s.xDims());
                        Storage y = lab.out(s.yDims());
                        Storage again = lab.out(s.yDims());
                        Storage dx = lab.out(s.xDims());
                        Storage saved = lab.saved(lab.backend().pool2d().savedBytes(s));
                        lab.backend().pool2d().forward(s, in, y, saved);
                        lab.backend().pool2d().forward(s, in, again, null);
                        Storage dy = lab.activation(gauss(2, s.yDims()), s.yDims());
                        lab.backend().pool2d().backward(s, dy, saved, dx);
                        lab.result("y", y, s.yDims());
                        lab.result("inference", again, s.yDims());
                        lab.result("dx", dx, s.xDims());
                    });
                }
            }
        }
    }

    /** A NaN is the largest of its windows, of several the last; a window of -infinity has its maximum at its start. */
    @Test
    void maximaOfNaNAndInfinity() {
        Pool2dSpec s = Pool2dSpec.of(Kind.MAX, 1, 3, 7, 7, 3, 2, 1);
        float[] x = gauss(1, s.xDims());
        x[8] = x[9] = x[23] = Float.NaN;
        Arrays.fill(x, 49, 98, Float.NEGATIVE_INFINITY);
        both(s.toString(), lab -> {
            Storage y = lab.out(s.yDims());
            Storage dx = lab.out(s.xDims());
            Storage saved = lab.saved(lab.backend().pool2d().savedBytes(s));
            lab.backend().pool2d().forward(s, lab.activation(x, s.xDims()), y, saved);
            lab.backend().pool2d().backward(s, lab.activation(gauss(2, s.yDims()), s.yDims()), saved, dx);
            lab.result("y", y, s.yDims());
            lab.result("dx", dx, s.xDims());
        });
    }

    @Test
    void globalAverage() {
        for (int[] d : SHAPES) {
            both(Arrays.toString(d), Compare.sum(d[2] * d[3], 1), lab -> {
                Storage y = lab.out(d[0], d[1]);
                Storage dx = lab.out(d);
                Storage x = lab.activation(gauss(1, d), d);
                lab.backend().pool2d().globalAverage(d[0], d[1], d[2], d[3], x, y);
                Storage dy = lab.put(gauss(2, d[0], d[1]));
                lab.backend().pool2d().globalAverageBackward(d[0], d[1], d[2], d[3], dy, dx);
                lab.result("y", y, d[0], d[1]);
                lab.result("dx", dx, d);
            });
        }
    }

    @Test
    void biasAndGate() {
        for (int[] d : SHAPES) {
            for (boolean relu : new boolean[] {false, true}) {
                both(Arrays.toString(d), Compare.sum((long) d[0] * d[2] * d[3], 1), lab -> {
                    BiasSpec s = new BiasSpec(d[0], d[1], d[2], d[3], relu);
                    GateSpec g = new GateSpec(d[0], d[1], d[2], d[3]);
                    Storage x = lab.activation(gauss(1, d), d);
                    Storage[] y = {lab.out(d), lab.out(d)};
                    Storage[] sums = {lab.out(d[1]), lab.out(d[0], d[1])};
                    lab.backend().elementwise().bias(s, x, lab.put(gauss(2, d[1])), y[0]);
                    lab.backend().elementwise().biasBackward(s, x, sums[0]);
                    lab.backend().gate().forward(g, x, lab.put(gauss(3, d[0], d[1])), y[1]);
                    lab.backend().gate().backwardGate(g, x, lab.activation(gauss(4, d), d), sums[1]);
                    lab.result("bias", y[0], d);
                    lab.result("gate", y[1], d);
                    lab.result("bias gradient", sums[0], d[1]);
                    lab.result("gate gradient", sums[1], d[0], d[1]);
                });
            }
        }
    }

    /** A matrix stays dense float32, whatever the type of activations. */
    @Test
    void biasOfAMatrix() {
        for (int channels : new int[] {8, 10}) {
            both("matrix", 1e-5, lab -> {
                BiasSpec s = new BiasSpec(300, channels, 1, 1, false);
                Storage x = lab.put(gauss(1, 300, channels));
                Storage y = lab.out(300, channels);
                Storage sums = lab.out(channels);
                lab.backend().elementwise().bias(s, x, lab.put(gauss(2, channels)), y);
                lab.backend().elementwise().biasBackward(s, x, sums);
                lab.result("y", y, 300, channels);
                lab.result("sums", sums, channels);
            });
        }
    }

    @Test
    void elementwise() {
        for (int[] d : SHAPES) {
            both(Arrays.toString(d), lab -> {
                ElementwiseKernels each = lab.backend().elementwise();
                Storage a = lab.activation(gauss(1, d), d);
                Storage b = lab.activation(gauss(2, d), d);
                Storage[] y = new Storage[12];
                for (int i = 0; i < y.length; i++) y[i] = lab.out(d);
                each.relu(d, a, y[0]);
                each.relu6(d, a, y[1]);
                each.sigmoid(d, a, y[2]);
                each.silu(d, a, y[3]);
                each.scale(d, 0.3f, a, y[4]);
                each.scale(d, lab.put(-7), a, y[5]);
                each.dropout(d, 0.25f, 5, 0, a, y[6]);
                each.add(d, a, b, y[7]);
                each.multiply(d, a, b, y[8]);
                each.reluBackward(d, a, b, y[9]);
                each.sigmoidBackward(d, a, b, y[10]);
                each.siluBackward(d, a, b, y[11]);
                for (int i = 0; i < y.length; i++) lab.result("function " + i, y[i], d);
                each.sigmoid(d, a, a);
                lab.result("in place", a, d);
            });
        }
    }

    @Test
    void channelsAndPixels() {
        ShortcutSpec shortcut = new ShortcutSpec(2, 5, 7, 6, 2, ShortcutSpec.padded(5, 9, 3));
        ShortcutSpec aligned = new ShortcutSpec(2, 16, 4, 4, 2, ShortcutSpec.padded(16, 32, 8));
        // what pruning leaves: neighbours, but not four of them
        ShortcutSpec pruned = new ShortcutSpec(1, 9, 3, 3, 1, List.of(0, 1, 2, 5, 4, -1, 6, 7, 8, 3));
        for (ShortcutSpec s : List.of(shortcut, aligned, pruned)) {
            both(s.toString(), lab -> {
                Storage y = lab.out(s.yDims());
                Storage dx = lab.out(s.xDims());
                lab.backend().shortcut().forward(s, lab.activation(gauss(1, s.xDims()), s.xDims()), y);
                lab.backend().shortcut().backward(s, lab.activation(gauss(2, s.yDims()), s.yDims()), dx);
                lab.result("y", y, s.yDims());
                lab.result("dx", dx, s.xDims());
            });
        }
        for (List<Integer> widths : List.of(List.of(13, 1, 5), List.of(8, 16), List.of(3, 57, 6), List.of(2))) {
            ConcatSpec s = new ConcatSpec(2, widths, 3, 4);
            both(s.toString(), lab -> {
                Storage y = lab.out(s.yDims());
                List<Storage> xs = new ArrayList<>();
                for (int i = 0; i < widths.size(); i++) xs.add(lab.activation(gauss(i, s.xDims(i)), s.xDims(i)));
                lab.backend().concat().forward(s, xs, y);
                lab.result("y", y, s.yDims());
                Storage dy = lab.activation(gauss(9, s.yDims()), s.yDims());
                for (int i = 0; i < widths.size(); i++) {
                    Storage dx = lab.out(s.xDims(i));
                    lab.backend().concat().backward(s, i, dy, dx);
                    lab.result("dx " + i, dx, s.xDims(i));
                }
            });
        }
        UpsampleNearestSpec s = new UpsampleNearestSpec(2, 13, 3, 5, 2, 3);
        both(s.toString(), lab -> {
            Storage y = lab.out(s.yDims());
            Storage dx = lab.out(s.xDims());
            lab.backend().upsampleNearest().forward(s, lab.activation(gauss(1, s.xDims()), s.xDims()), y);
            lab.backend().upsampleNearest().backward(s, lab.activation(gauss(2, s.yDims()), s.yDims()), dx);
            lab.result("y", y, s.yDims());
            lab.result("dx", dx, s.xDims());
        });
    }

    @Test
    void augment() {
        for (int channels : new int[] {1, 3, 9}) {
            float[] mean = gauss(1, channels);
            float[] std = new float[channels];
            Arrays.fill(std, 0.25f);
            AugmentSpec s = new AugmentSpec(5, channels, 9, 8, 8, 7, 2, true, true, mean, std);
            byte[] images = new byte[4 * 9 * 8 * channels];
            new Random(1).nextBytes(images);
            both(s.toString(), lab -> {
                Storage y = lab.out(5, channels, 8, 7);
                lab.backend().augment().batch(s, lab.put(images), lab.put(new int[] {3, 0, 1, 1, 2}), 7, 11, y);
                lab.result("y", y, 5, channels, 8, 7);
            });
        }
    }
}
