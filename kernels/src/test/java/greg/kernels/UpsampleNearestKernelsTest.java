package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.spec.UpsampleNearestSpec;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Repeated pixels are copies, so all backends agree exactly; sums within the error of a float32 sum. Every layout. */
class UpsampleNearestKernelsTest {
    private static final UpsampleNearestSpec[] SPECS = {
        new UpsampleNearestSpec(1, 1, 1, 1, 1, 1),
        new UpsampleNearestSpec(1, 1, 3, 2, 2, 2),
        new UpsampleNearestSpec(2, 13, 5, 7, 2, 2),
        new UpsampleNearestSpec(2, 16, 4, 3, 3, 2),
        new UpsampleNearestSpec(1, 57, 3, 5, 1, 4),
        new UpsampleNearestSpec(2, 48, 2, 7, 5, 1),
        new UpsampleNearestSpec(3, 32, 1, 1, 4, 4),
        new UpsampleNearestSpec(2, 17, 1, 1, 3, 3),
        new UpsampleNearestSpec(2, 32, 6, 5, 1, 1),
        new UpsampleNearestSpec(1, 2, 40, 33, 2, 3),
    };

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void repeatsPixels(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            float[] x = gauss(1, s.xDims());
            float[] expected = new float[Workspace.count(s.yDims())];
            for (int i = 0; i < expected.length; i++) {
                int q = i % s.outW();
                int p = i / s.outW() % s.outH();
                int plane = i / s.outW() / s.outH();
                expected[i] = x[(plane * s.h() + p / s.factorH()) * s.w() + q / s.factorW()];
            }
            try (Workspace k = new Workspace(backend)) {
                Layouts.all(backend, k, x, s.xDims()).forEach((layout, input) -> {
                    String what = s + " " + layout;
                    Storage y = k.out(s.yDims());
                    long version = y.version();
                    backend.upsampleNearest().forward(s, input, y);
                    Compare.identical(what, expected, k.get(y, s.yDims()));
                    assertTrue(y.version() > version, what + " counts the write");
                    Compare.identical(what + " leaves x alone", x, k.get(input, s.xDims()));
                });
            }
        }));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void sumsBlocksOfPixels(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            float[] dy = gauss(2, s.yDims());
            double[] sums = new double[Workspace.count(s.xDims())];
            for (int i = 0; i < dy.length; i++) {
                int q = i % s.outW();
                int p = i / s.outW() % s.outH();
                int plane = i / s.outW() / s.outH();
                sums[(plane * s.h() + p / s.factorH()) * s.w() + q / s.factorW()] += dy[i];
            }
            float[] expected = new float[sums.length];
            for (int i = 0; i < sums.length; i++) expected[i] = (float) sums[i];
            try (Workspace k = new Workspace(backend)) {
                Layouts.all(backend, k, dy, s.yDims()).forEach((layout, gradient) -> {
                    String what = s + " " + layout;
                    Storage dx = k.out(s.xDims());
                    backend.upsampleNearest().backward(s, gradient, dx);
                    float[] actual = k.get(dx, s.xDims());
                    Compare.close(what, expected, actual, Compare.sum((long) s.factorH() * s.factorW(), 1), 1e-6);
                    Storage again = k.out(s.xDims());
                    backend.upsampleNearest().backward(s, gradient, again);
                    Compare.identical(what + " again", actual, k.get(again, s.xDims()));
                    Compare.identical(what + " leaves dy alone", dy, k.get(gradient, s.yDims()));
                });
            }
        }));
    }

    @Test
    void refusesFactorsBelowOne() {
        assertEquals(
                "upsampleNearest: expected factorW >= 1, got 0",
                assertThrows(IllegalArgumentException.class, () -> new UpsampleNearestSpec(1, 1, 2, 2, 2, 0))
                        .getMessage());
    }
}
