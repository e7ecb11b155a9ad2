package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.Workspace.ramp;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertFalse;

import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolution, forward and both gradients. */
class Conv2dKernelsTest {
    private static final Conv2dSpec[] SPECS = {
        Conv2dSpec.of(1, 1, 7, 7, 1, 1, 1, 0),
        Conv2dSpec.of(2, 1, 11, 9, 6, 5, 1, 2),
        Conv2dSpec.of(5, 3, 9, 11, 16, 3, 1, 1),
        Conv2dSpec.of(2, 3, 17, 15, 8, 7, 2, 3),
        Conv2dSpec.of(1, 3, 5, 5, 64, 3, 2, 1),
        Conv2dSpec.of(2, 8, 7, 5, 13, 3, 1, 1),
        Conv2dSpec.of(2, 13, 7, 7, 17, 3, 1, 1),
        Conv2dSpec.of(5, 13, 5, 7, 8, 3, 2, 1),
        Conv2dSpec.of(2, 16, 8, 8, 16, 3, 1, 1),
        Conv2dSpec.of(5, 16, 9, 7, 32, 3, 2, 1),
        Conv2dSpec.of(2, 16, 9, 9, 32, 1, 2, 0),
        Conv2dSpec.of(1, 17, 5, 5, 33, 1, 1, 0),
        Conv2dSpec.of(2, 24, 7, 7, 24, 3, 1, 1),
        Conv2dSpec.of(2, 32, 8, 8, 32, 3, 1, 1),
        Conv2dSpec.of(1, 33, 7, 5, 48, 3, 1, 1),
        Conv2dSpec.of(2, 48, 5, 5, 64, 3, 2, 1),
        Conv2dSpec.of(1, 64, 7, 7, 16, 1, 1, 0),
        Conv2dSpec.of(2, 64, 4, 4, 64, 3, 1, 1),
        Conv2dSpec.of(2, 64, 1, 1, 10, 1, 1, 0),
        Conv2dSpec.of(5, 16, 3, 3, 24, 3, 1, 0),
        // the last rows and columns are reached by no window
        Conv2dSpec.of(2, 16, 8, 6, 16, 3, 3, 0),
        // rectangular kernels, strides and pads
        new Conv2dSpec(2, 3, 9, 6, 5, 3, 1, 2, 1, 1, 0, 1, 1, 1),
        new Conv2dSpec(1, 16, 8, 9, 16, 1, 3, 1, 2, 0, 1, 1, 1, 1),
        // padding beyond the kernel's reach
        Conv2dSpec.of(2, 8, 4, 4, 16, 1, 1, 2),
        // dilation
        new Conv2dSpec(1, 8, 9, 9, 16, 3, 3, 1, 1, 2, 2, 2, 2, 1),
        new Conv2dSpec(2, 3, 11, 13, 13, 3, 3, 2, 2, 1, 3, 2, 3, 1),
        // dilation where the kernel has one row or one column: it means nothing, and killed oneDNN
        new Conv2dSpec(4, 16, 15, 1, 39, 1, 1, 2, 3, 5, 4, 3, 2, 1),
        new Conv2dSpec(2, 64, 16, 1, 48, 3, 1, 2, 3, 1, 2, 1, 2, 1),
        new Conv2dSpec(2, 16, 1, 9, 32, 1, 3, 1, 1, 2, 1, 3, 1, 1),
        // so few weights for the pixels that the gradient may be computed as a convolution with the mirrored weight,
        // and the other way round
        Conv2dSpec.of(9, 16, 32, 32, 16, 3, 1, 1),
        Conv2dSpec.of(8, 3, 24, 20, 5, 3, 1, 0),
        new Conv2dSpec(8, 6, 20, 22, 4, 1, 3, 1, 1, 0, 2, 1, 1, 1),
        new Conv2dSpec(12, 32, 24, 24, 16, 3, 3, 1, 1, 2, 1, 1, 1, 1),
        // groups: blocks of 16, odd ones, depthwise, depthwise with a multiplier
        new Conv2dSpec(2, 32, 7, 7, 32, 3, 3, 1, 1, 1, 1, 1, 1, 2),
        new Conv2dSpec(2, 24, 6, 6, 48, 3, 3, 2, 2, 1, 1, 1, 1, 3),
        new Conv2dSpec(1, 6, 5, 5, 9, 3, 3, 1, 1, 1, 1, 1, 1, 3),
        new Conv2dSpec(2, 16, 7, 7, 16, 3, 3, 1, 1, 1, 1, 1, 1, 16),
        new Conv2dSpec(5, 13, 9, 9, 13, 3, 3, 2, 2, 1, 1, 1, 1, 13),
        new Conv2dSpec(2, 8, 5, 5, 16, 3, 3, 1, 1, 1, 1, 1, 1, 8),
    };

    private record Results(float[] y, float[] yWithoutBias, float[] dx, float[] dw, float[] db, float[] dwAlone) {}

    private static Results run(Backend backend, Conv2dSpec s, float[] x, float[] w, float[] b, float[] dy) {
        Conv2dKernels conv = backend.conv2d();
        try (Workspace k = new Workspace(backend)) {
            Storage xs = k.put(x);
            Storage ws = k.put(w);
            Storage dys = k.put(dy);
            Storage y = k.out(s.yDims());
            Storage y0 = k.out(s.yDims());
            Storage dx = k.out(s.xDims());
            Storage dw = k.parameter(s.wDims());
            Storage db = k.out(s.outChannels());
            Storage dwAlone = k.parameter(s.wDims());
            conv.forward(s, xs, ws, k.put(b), y);
            conv.forward(s, xs, ws, null, y0);
            conv.backwardData(s, ws, dys, dx);
            conv.backwardWeights(s, xs, dys, dw, db);
            conv.backwardWeights(s, xs, dys, dwAlone, null);
            Compare.identical(s + " leaves x alone", x, k.get(xs, s.xDims()));
            Compare.identical(s + " leaves w alone", w, k.get(ws, s.wDims()));
            Compare.identical(s + " leaves dy alone", dy, k.get(dys, s.yDims()));
            return new Results(
                    k.get(y, s.yDims()),
                    k.get(y0, s.yDims()),
                    k.get(dx, s.xDims()),
                    k.get(dw, s.wDims()),
                    k.get(db, s.outChannels()),
                    k.get(dwAlone, s.wDims()));
        }
    }

    /** Where a backend can add to a gradient, the sum is that of the gradient by itself and what was there. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void addsToAGradient(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        List<Conv2dSpec> specs =
                Stream.of(SPECS).filter(backend.conv2d()::accumulates).toList();
        assertFalse(specs.isEmpty(), kind);
        for (Conv2dSpec s : specs) {
            try (Workspace k = new Workspace(backend)) {
                Storage w = k.put(gauss(1, s.wDims()));
                Storage dy = k.put(gauss(2, s.yDims()));
                float[] before = gauss(3, s.xDims());
                Storage alone = k.out(s.xDims());
                Storage sum = k.out(s.xDims());
                backend.elementwise().scale(s.xDims(), 1, k.put(before), sum);
                backend.conv2d().backwardData(s, w, dy, alone);
                backend.conv2d().addBackwardData(s, w, dy, sum);
                float[] expected = k.get(alone, s.xDims());
                for (int i = 0; i < expected.length; i++) expected[i] += before[i];
                // the two may come from kernels that sum in another order
                long terms = (long) s.outChannels() / s.groups() * s.kernelH() * s.kernelW() + 1;
                Compare.close(s + " added", expected, k.get(sum, s.xDims()), 2 * Compare.sum(terms, 1), 1e-6);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void agreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            float[] x = gauss(1, s.xDims());
            float[] w = gauss(2, s.wDims());
            float[] b = gauss(3, s.outChannels());
            float[] dy = gauss(4, s.yDims());
            Results expected = run(BackendsUnderTest.reference(), s, x, w, b, dy);
            Results actual = run(backend, s, x, w, b, dy);
            int taps = s.kernelH() * s.kernelW();
            long forward = (long) s.inChannels() / s.groups() * taps;
            long data = (long) s.outChannels() / s.groups() * taps;
            long weights = (long) s.n() * s.outH() * s.outW();
            Compare.close(s + " y", expected.y, actual.y, Compare.sum(forward + 1, 1), 1e-6);
            Compare.close(s + " y", expected.yWithoutBias, actual.yWithoutBias, Compare.sum(forward, 1), 1e-6);
            Compare.close(s + " dx", expected.dx, actual.dx, Compare.sum(data, 1), 1e-6);
            Compare.close(s + " dw", expected.dw, actual.dw, Compare.sum(weights, 1), 1e-6);
            Compare.close(s + " dw", expected.dw, actual.dwAlone, Compare.sum(weights, 1), 1e-6);
            Compare.close(s + " db", expected.db, actual.db, Compare.sum(weights, 1), 1e-6);
        }));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        torch(backend, "conv strided", new Conv2dSpec(2, 2, 5, 4, 3, 3, 2, 2, 1, 1, 0, 1, 1, 1));
        torch(backend, "conv grouped", new Conv2dSpec(1, 4, 6, 5, 4, 2, 2, 1, 1, 1, 1, 2, 2, 2));
        torch(backend, "conv depthwise", new Conv2dSpec(2, 3, 3, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 3));
    }

    private static void torch(Backend backend, String section, Conv2dSpec s) {
        float[] w = ramp(11, 23, 8, s.wDims());
        float[] b = ramp(3, 23, 8, s.outChannels());
        Results results = run(backend, s, TorchNumbers.x(s.xDims()), w, b, TorchNumbers.dy(s.yDims()));
        Compare.close(section + " y", TorchNumbers.of(section, "y"), results.y, 1e-6, 1e-6);
        Compare.close(section + " dx", TorchNumbers.of(section, "dx"), results.dx, 1e-6, 1e-6);
        Compare.close(section + " dw", TorchNumbers.of(section, "dw"), results.dw, 1e-6, 1e-6);
        Compare.close(section + " db", TorchNumbers.of(section, "db"), results.db, 1e-6, 1e-6);
    }

    /**
     * Whatever a backend derives from weights (packed copies) must follow when they change or their memory is reused.
     */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void followsChangedWeights(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Conv2dSpec s = Conv2dSpec.of(2, 16, 6, 6, 32, 3, 1, 1);
        try (Workspace k = new Workspace(backend);
                Workspace r = new Workspace(BackendsUnderTest.reference())) {
            Storage x = k.put(gauss(1, s.xDims()));
            Storage y = k.out(s.yDims());
            Storage dy = k.put(gauss(2, s.yDims()));
            Storage dx = k.out(s.xDims());
            Storage w = k.put(gauss(3, s.wDims()));
            for (int round = 0; round < 4; round++) {
                float[] weights = gauss(10 + round, s.wDims());
                if (round == 2) {
                    w.release();
                    w = k.put(weights);
                } else if (round == 3) {
                    backend.transfer().copy(k.put(weights), w);
                } else {
                    backend.transfer().upload(weights, w);
                }
                backend.conv2d().forward(s, x, w, null, y);
                backend.conv2d().backwardData(s, w, dy, dx);
                Storage expectedY = r.out(s.yDims());
                Storage expectedDx = r.out(s.xDims());
                Conv2dKernels oracle = BackendsUnderTest.reference().conv2d();
                oracle.forward(s, r.put(gauss(1, s.xDims())), r.put(weights), null, expectedY);
                oracle.backwardData(s, r.put(weights), r.put(gauss(2, s.yDims())), expectedDx);
                double tolerance = Compare.sum(32 * 9, 1);
                String what = "round " + round;
                Compare.close(what, r.get(expectedY, s.yDims()), k.get(y, s.yDims()), tolerance, 1e-6);
                Compare.close(what, r.get(expectedDx, s.xDims()), k.get(dx, s.xDims()), tolerance, 1e-6);
            }
        }
    }
}
