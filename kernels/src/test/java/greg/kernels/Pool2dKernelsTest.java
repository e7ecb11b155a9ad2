package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.Workspace.ramp;
import static org.junit.jupiter.api.Assertions.assertAll;

import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.Pool2dSpec.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Max, average and global average pooling. */
class Pool2dKernelsTest {
    private static List<Pool2dSpec> specs() {
        List<Pool2dSpec> specs = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            specs.add(Pool2dSpec.of(kind, 2, 1, 7, 5, 2, 2, 0));
            specs.add(Pool2dSpec.of(kind, 5, 3, 8, 8, 2, 2, 0));
            specs.add(Pool2dSpec.of(kind, 2, 13, 9, 7, 3, 2, 1));
            specs.add(Pool2dSpec.of(kind, 2, 16, 8, 8, 3, 2, 1));
            specs.add(Pool2dSpec.of(kind, 1, 17, 7, 7, 3, 1, 1));
            specs.add(Pool2dSpec.of(kind, 2, 32, 9, 9, 5, 2, 2));
            specs.add(Pool2dSpec.of(kind, 1, 33, 5, 5, 2, 1, 0));
            specs.add(Pool2dSpec.of(kind, 2, 48, 4, 4, 4, 4, 0));
            specs.add(Pool2dSpec.of(kind, 1, 24, 17, 17, 17, 1, 0));
            specs.add(new Pool2dSpec(kind, 2, 8, 9, 6, 3, 2, 2, 1, 1, 0, false));
            specs.add(new Pool2dSpec(kind, 2, 16, 8, 7, 3, 3, 2, 2, 0, 0, true));
            specs.add(new Pool2dSpec(kind, 1, 13, 6, 9, 3, 2, 2, 2, 1, 1, true));
            specs.add(new Pool2dSpec(kind, 1, 64, 5, 5, 2, 2, 3, 3, 0, 0, true));
        }
        return specs;
    }

    private record Results(float[] y, float[] inference, float[] dx) {}

    private static Results run(Backend backend, Pool2dSpec s, float[] x, float[] dy) {
        Pool2dKernels pool = backend.pool2d();
        try (Workspace k = new Workspace(backend)) {
            Storage xs = k.put(x);
            Storage y = k.out(s.yDims());
            Storage inference = k.out(s.yDims());
            Storage saved = k.saved(pool.savedBytes(s));
            Storage dx = k.out(s.xDims());
            pool.forward(s, xs, y, saved);
            pool.forward(s, xs, inference, null);
            pool.backward(s, k.put(dy), saved, dx);
            return new Results(k.get(y, s.yDims()), k.get(inference, s.yDims()), k.get(dx, s.xDims()));
        }
    }

    private static void compare(String what, Pool2dSpec s, Results expected, Results actual) {
        double tolerance = s.kind() == Kind.MAX ? 0 : 1e-6;
        Compare.close(what + " y", expected.y, actual.y, tolerance, tolerance);
        Compare.close(what + " inference", expected.y, actual.inference, tolerance, tolerance);
        Compare.close(what + " dx", expected.dx, actual.dx, 2e-6, 1e-6);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void agreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Stream<Executable> cases = specs().stream().map(s -> () -> {
            float[] dy = gauss(2, s.yDims());
            float[] x = gauss(1, s.xDims());
            // three values only: most windows have ties; all negative: a padding that counted as 0 would win
            float[] ties = ramp(7, 3, 1, s.xDims());
            for (int i = 0; i < ties.length; i++) ties[i] -= 5;
            Backend reference = BackendsUnderTest.reference();
            compare(s.toString(), s, run(reference, s, x, dy), run(backend, s, x, dy));
            compare(s + " ties", s, run(reference, s, ties, dy), run(backend, s, ties, dy));
        });
        assertAll(cases);
    }

    /** y and dx of three poolings with one spec, whose inputs came from a wide network, a narrow one and the host. */
    private static List<float[]> threeApplications(Backend backend, Pool2dSpec s) {
        try (Workspace k = new Workspace(backend)) {
            Conv2dSpec conv = Conv2dSpec.of(s.n(), 3, s.h(), s.w(), s.channels(), 3, 1, 1);
            Storage image = k.put(gauss(1, conv.xDims()));
            Storage weight = k.put(gauss(2, conv.wDims()));
            Storage[] x = {k.out(s.xDims()), k.out(s.xDims()), k.put(gauss(3, s.xDims()))};
            backend.expectChannels(s.channels());
            backend.conv2d().forward(conv, image, weight, null, x[0]);
            backend.expectChannels(13);
            backend.conv2d().forward(conv, image, weight, null, x[1]);
            backend.expectChannels();
            Storage[] saved = new Storage[3];
            List<float[]> results = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                saved[i] = k.saved(backend.pool2d().savedBytes(s));
                Storage y = k.out(s.yDims());
                backend.pool2d().forward(s, x[i], y, saved[i]);
                results.add(k.get(y, s.yDims()));
            }
            for (int i = 0; i < 3; i++) {
                Storage dx = k.out(s.xDims());
                backend.pool2d().backward(s, k.put(gauss(4 + i, s.yDims())), saved[i], dx);
                results.add(k.get(dx, s.xDims()));
            }
            return results;
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void applicationsOfOneSpecDoNotMeet(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (Kind pool : Kind.values()) {
            Pool2dSpec s = Pool2dSpec.of(pool, 2, 32, 9, 9, 3, 2, 1);
            List<float[]> expected = threeApplications(BackendsUnderTest.reference(), s);
            List<float[]> actual = threeApplications(backend, s);
            for (int i = 0; i < expected.size(); i++) {
                Compare.close(s + " result " + i, expected.get(i), actual.get(i), 2e-5, 1e-5);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void globalAverageAgreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        int[][] shapes = {{1, 1, 1, 1}, {2, 13, 7, 5}, {5, 16, 8, 8}, {2, 33, 3, 3}, {1, 64, 1, 1}, {2, 48, 4, 7}};
        assertAll(Stream.of(shapes).map(d -> () -> {
            float[][] expected = global(BackendsUnderTest.reference(), d, gauss(1, d), gauss(2, d[0], d[1]));
            float[][] actual = global(backend, d, gauss(1, d), gauss(2, d[0], d[1]));
            Compare.close(Arrays.toString(d) + " y", expected[0], actual[0], 1e-6, 1e-6);
            Compare.close(Arrays.toString(d) + " dx", expected[1], actual[1], 1e-7, 1e-6);
        }));
    }

    private static float[][] global(Backend backend, int[] d, float[] x, float[] dy) {
        try (Workspace k = new Workspace(backend)) {
            Storage y = k.out(d[0], d[1]);
            Storage dx = k.out(d);
            backend.pool2d().globalAverage(d[0], d[1], d[2], d[3], k.put(x), y);
            backend.pool2d().globalAverageBackward(d[0], d[1], d[2], d[3], k.put(dy), dx);
            return new float[][] {k.get(y, d[0], d[1]), k.get(dx, d)};
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        torch(backend, "max", Pool2dSpec.of(Kind.MAX, 1, 2, 5, 5, 3, 2, 1), 23);
        torch(backend, "max ties", Pool2dSpec.of(Kind.MAX, 1, 2, 7, 7, 3, 2, 1), 3);
        torch(backend, "max ceil", new Pool2dSpec(Kind.MAX, 1, 1, 5, 5, 2, 2, 2, 2, 0, 0, true), 23);
        torch(backend, "avg", Pool2dSpec.of(Kind.AVG, 1, 2, 5, 5, 3, 2, 1), 23);
        torch(backend, "avg ceil", new Pool2dSpec(Kind.AVG, 1, 1, 6, 4, 3, 3, 2, 2, 1, 1, true), 23);
        int[] d = {2, 2, 3, 3};
        float[][] global = global(backend, d, TorchNumbers.x(d), TorchNumbers.dy(2, 2));
        Compare.close("global y", TorchNumbers.of("global", "y"), global[0], 1e-6, 1e-6);
        Compare.close("global dx", TorchNumbers.of("global", "dx"), global[1], 1e-6, 1e-6);
    }

    private static void torch(Backend backend, String section, Pool2dSpec s, int mod) {
        Results results = run(backend, s, ramp(7, mod, 8, s.xDims()), TorchNumbers.dy(s.yDims()));
        float[] y = TorchNumbers.of(section, "y");
        compare(section, s, new Results(y, y, TorchNumbers.of(section, "dx")), results);
    }
}
