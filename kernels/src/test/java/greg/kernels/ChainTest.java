package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.GemmSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.kernels.spec.SgdSpec;
import greg.kernels.spec.ShortcutSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two training steps of a small residual network, kernel after kernel without a download in between: whatever layout a
 * backend gives an activation, all later kernels must follow it, and packed weights must follow the update.
 */
class ChainTest {
    private static final int CLASSES = 10;

    /** (batch, image size, first width, second width): multiples of 16, odd ones, fewer than 16, mixed. */
    private static final int[][] NETS = {{2, 8, 16, 32}, {5, 9, 13, 24}, {2, 7, 8, 17}, {1, 10, 48, 64}, {2, 9, 33, 48}
    };

    private record Net(
            Conv2dSpec conv1,
            Conv2dSpec conv2,
            BatchNormSpec bn1,
            BatchNormSpec bn2,
            Pool2dSpec max,
            Conv2dSpec conv3,
            ShortcutSpec shortcut,
            BiasSpec bias,
            Pool2dSpec average) {
        static Net of(int n, int size, int a, int b) {
            Conv2dSpec conv1 = Conv2dSpec.of(n, 3, size, size, a, 3, 1, 1);
            Conv2dSpec conv2 = Conv2dSpec.of(n, a, size, size, a, 3, 1, 1);
            Pool2dSpec max = Pool2dSpec.of(Kind.MAX, n, a, size, size, 3, 2, 1);
            int half = max.outH();
            Conv2dSpec conv3 = Conv2dSpec.of(n, a, half, half, b, 3, 2, 1);
            int quarter = conv3.outH();
            return new Net(
                    conv1,
                    conv2,
                    new BatchNormSpec(n, a, size, size, 1e-5f, 0.1f, Fusion.RELU),
                    new BatchNormSpec(n, a, size, size, 1e-5f, 0.1f, Fusion.ADD_RELU),
                    max,
                    conv3,
                    new ShortcutSpec(n, a, half, half, 2, ShortcutSpec.padded(a, b, (b - a) / 2)),
                    new BiasSpec(n, b, quarter, quarter, true),
                    Pool2dSpec.of(Kind.AVG, n, b, quarter, quarter, 2, 1, 0));
        }
    }

    /** The parameters, on one backend. */
    private record Parameters(
            Storage w1,
            Storage w2,
            Storage w3,
            Storage gamma,
            Storage beta,
            Storage mean,
            Storage var,
            Storage bias,
            Storage linear) {
        static Parameters of(Net net, Workspace k) {
            int a = net.conv2.inChannels();
            int b = net.conv3.outChannels();
            int features = b * net.average.outH() * net.average.outW();
            float[] var = new float[a];
            Arrays.fill(var, 1);
            return new Parameters(
                    k.put(gauss(1, net.conv1.wDims())),
                    k.put(gauss(2, net.conv2.wDims())),
                    k.put(gauss(3, net.conv3.wDims())),
                    k.put(gauss(4, a)),
                    k.put(gauss(5, a)),
                    k.put(new float[a]),
                    k.put(var),
                    k.put(gauss(6, b)),
                    k.put(gauss(7, CLASSES, features)));
        }
    }

    private static Map<String, float[]> run(Backend backend, int[] d) {
        Map<String, float[]> results = new LinkedHashMap<>();
        Net net = Net.of(d[0], d[1], d[2], d[3]);
        backend.expectChannels(d[2], d[2]);
        try (Workspace parameters = new Workspace(backend)) {
            Parameters p = Parameters.of(net, parameters);
            for (int step = 1; step <= 2; step++) {
                try (Workspace k = new Workspace(backend)) {
                    step(backend, net, p, k, "step " + step + " ", results);
                }
            }
        }
        return results;
    }

    private static void step(
            Backend backend, Net net, Parameters p, Workspace k, String step, Map<String, float[]> results) {
        int n = net.conv1.n();
        int features = (int) p.linear.length() / CLASSES;
        Conv2dKernels conv = backend.conv2d();
        BatchNormKernels bn = backend.batchNorm();
        Pool2dKernels pool = backend.pool2d();
        ElementwiseKernels each = backend.elementwise();

        Storage x = k.put(gauss(20, net.conv1.xDims()));
        Storage y1 = k.out(net.conv1.yDims());
        Storage a1 = k.out(net.bn1.dims());
        Storage saved1 = k.saved(bn.savedBytes(net.bn1));
        Storage y2 = k.out(net.conv2.yDims());
        Storage a2 = k.out(net.bn2.dims());
        Storage saved2 = k.saved(bn.savedBytes(net.bn2));
        Storage m = k.out(net.max.yDims());
        Storage savedMax = k.saved(pool.savedBytes(net.max));
        Storage y3 = k.out(net.conv3.yDims());
        Storage through = k.out(net.shortcut.yDims());
        Storage v = k.out(net.average.yDims());
        Storage savedAverage = k.saved(pool.savedBytes(net.average));
        Storage flat = k.out(net.average.yDims());
        Storage pooled = k.out(n, net.conv3.outChannels());
        Storage logits = k.out(n, CLASSES);
        Storage loss = k.out(1);
        Storage metrics = k.put(0, 0, 0);
        Storage dlogits = k.out(n, CLASSES);

        conv.forward(net.conv1, x, p.w1, null, y1);
        bn.forwardTraining(net.bn1, y1, null, p.gamma, p.beta, p.mean, p.var, a1, saved1);
        conv.forward(net.conv2, a1, p.w2, null, y2);
        bn.forwardTraining(net.bn2, y2, a1, p.gamma, p.beta, p.mean, p.var, a2, saved2);
        pool.forward(net.max, a2, m, savedMax);
        conv.forward(net.conv3, m, p.w3, null, y3);
        backend.shortcut().forward(net.shortcut, m, through);
        each.add(net.conv3.yDims(), y3, through, y3);
        each.scale(net.conv3.yDims(), 0.25f, y3, y3);
        each.bias(net.bias, y3, p.bias, y3);
        pool.forward(net.average, y3, v, savedAverage);
        int[] bDims = net.conv3.yDims();
        pool.globalAverage(n, bDims[1], bDims[2], bDims[3], y3, pooled);
        backend.transfer().toPlain(v, net.average.yDims(), flat);
        GemmSpec linear = new GemmSpec(n, CLASSES, features, false, true, false);
        backend.gemm().gemm(linear, flat, p.linear, logits);
        each.scale(new int[] {n, CLASSES}, 0.02f, logits, logits);
        backend.softmaxLoss().forward(n, CLASSES, logits, k.put(new int[n]), loss, dlogits, metrics);

        Storage dv = k.out(net.average.yDims());
        Storage dlinear = k.out(CLASSES, features);
        Storage d3 = k.out(net.conv3.yDims());
        Storage dbias = k.out(bDims[1]);
        Storage dm = k.out(net.max.yDims());
        Storage dm2 = k.out(net.max.yDims());
        Storage d2 = k.out(net.bn2.dims());
        Storage dy2 = k.out(net.bn2.dims());
        Storage d1 = k.out(net.bn1.dims());
        Storage dw1 = k.out(net.conv1.wDims());
        Storage dw2 = k.out(net.conv2.wDims());
        Storage dw3 = k.out(net.conv3.wDims());
        Storage dgamma1 = k.out(net.bn1.channels());
        Storage dbeta1 = k.out(net.bn1.channels());
        Storage dgamma2 = k.out(net.bn1.channels());
        Storage dbeta2 = k.out(net.bn1.channels());

        backend.gemm().gemm(new GemmSpec(n, features, CLASSES, false, false, false), dlogits, p.linear, dv);
        backend.gemm().gemm(new GemmSpec(CLASSES, features, n, true, false, false), dlogits, flat, dlinear);
        pool.backward(net.average, dv, savedAverage, d3);
        each.reluBackward(bDims, y3, d3, d3);
        each.biasBackward(net.bias, d3, dbias);
        conv.backwardWeights(net.conv3, m, d3, dw3, null);
        conv.backwardData(net.conv3, p.w3, d3, dm);
        backend.shortcut().backward(net.shortcut, d3, dm2);
        each.add(net.max.yDims(), dm, dm2, dm);
        pool.backward(net.max, dm, savedMax, d2);
        bn.backward(net.bn2, y2, a2, p.gamma, p.beta, saved2, d2, dy2, d2, dgamma2, dbeta2);
        conv.backwardWeights(net.conv2, a1, dy2, dw2, null);
        conv.backwardData(net.conv2, p.w2, dy2, d1);
        each.add(net.bn1.dims(), d1, d2, d1);
        bn.backward(net.bn1, y1, a1, p.gamma, p.beta, saved1, d1, d1, null, dgamma1, dbeta1);
        conv.backwardWeights(net.conv1, x, d1, dw1, null);
        Storage norm = k.out(1);
        backend.reduction().sumAbs(dw2.length(), dw2, norm);

        Storage lambda = k.put(gauss(30, net.conv2.outChannels()));
        GroupIndex filters = new GroupIndex(net.conv2.outChannels(), net.conv2.inChannels() * 9);
        backend.update()
                .sgd(
                        new SgdSpec(0, 1e-3f, false, false),
                        k.put(0.01f),
                        List.of(
                                slot(p.w1, net.conv1, dw1, null, null),
                                slot(p.w2, net.conv2, dw2, lambda, filters),
                                slot(p.w3, net.conv3, dw3, null, null)));

        results.put(step + "y1", k.get(y1, net.conv1.yDims()));
        results.put(step + "a1", k.get(a1, net.bn1.dims()));
        results.put(step + "a2", k.get(a2, net.bn2.dims()));
        results.put(step + "max", k.get(m, net.max.yDims()));
        results.put(step + "relu", k.get(y3, bDims));
        results.put(step + "global average", k.get(pooled, n, bDims[1]));
        results.put(step + "flat", k.get(flat, n, features));
        results.put(step + "loss", k.get(loss, 1));
        results.put(step + "dlinear", k.get(dlinear, CLASSES, features));
        results.put(step + "dbias", k.get(dbias, bDims[1]));
        results.put(step + "d max", k.get(dm, net.max.yDims()));
        results.put(step + "d residual", k.get(d2, net.bn2.dims()));
        results.put(step + "d1", k.get(d1, net.bn1.dims()));
        results.put(step + "dgamma1", k.get(dgamma1, net.bn1.channels()));
        results.put(step + "dbeta2", k.get(dbeta2, net.bn1.channels()));
        results.put(step + "dw1", k.get(dw1, net.conv1.wDims()));
        results.put(step + "dw3", k.get(dw3, net.conv3.wDims()));
        results.put(step + "norm", k.get(norm, 1));
        results.put(step + "w2", k.get(p.w2, net.conv2.wDims()));
        results.put(step + "running var", k.get(p.var, net.bn1.channels()));
    }

    private static UpdateSlot slot(Storage w, Conv2dSpec conv, Storage dw, Storage lambda, GroupIndex groups) {
        return new UpdateSlot(w, conv.wDims(), dw, null, null, lambda, null, null, groups, 0);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void agreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(NETS).map(d -> () -> {
            Map<String, float[]> expected = run(BackendsUnderTest.reference(), d);
            Map<String, float[]> actual = run(backend, d);
            assertAll(expected.entrySet().stream().map(entry -> () -> {
                double largest = 0;
                for (float value : entry.getValue()) largest = Math.max(largest, Math.abs(value));
                String what =
                        "batch " + d[0] + " size " + d[1] + " widths " + d[2] + ", " + d[3] + " " + entry.getKey();
                Compare.close(what, entry.getValue(), actual.get(entry.getKey()), 2e-5 * largest, 1e-4);
            }));
        }));
    }

    /** The same bits twice: fixed orders of summation, no state left behind by the first run. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void repeatsItself(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Map<String, float[]> first = run(backend, NETS[0]);
        long live = backend.memory().liveBytes();
        long allocations = backend.memory().systemAllocations();
        Map<String, float[]> second = run(backend, NETS[0]);
        first.forEach((name, values) -> Compare.identical(name, values, second.get(name)));
        assertEquals(live, backend.memory().liveBytes());
        assertEquals(allocations, backend.memory().systemAllocations());
    }
}
