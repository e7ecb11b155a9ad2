package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.spec.GateSpec;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gates in every layout. A product is one rounding, so all backends agree exactly; sums within the error of a float32 sum.
 */
class GateKernelsTest {
    private static final GateSpec[] SPECS = {
        new GateSpec(1, 1, 1, 1),
        new GateSpec(1, 1, 6, 5),
        new GateSpec(2, 13, 5, 7),
        new GateSpec(3, 16, 4, 4),
        new GateSpec(2, 57, 3, 3),
        new GateSpec(2, 48, 9, 7),
        new GateSpec(5, 64, 1, 1),
        new GateSpec(3, 33, 1, 1),
        new GateSpec(1, 5, 70, 70),
        new GateSpec(1, 4112, 1, 2),
    };

    private static float[] product(GateSpec s, float[] x, float[] gate) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) y[i] = x[i] * gate[i / (s.h() * s.w())];
        return y;
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void scalesChannels(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            float[] x = gauss(1, s.dims());
            float[] gate = gauss(2, s.gateDims());
            float[] expected = product(s, x, gate);
            try (Workspace k = new Workspace(backend)) {
                Storage gates = k.put(gate);
                Map<String, Storage> inputs = Layouts.all(backend, k, x, s.dims());
                inputs.forEach((layout, input) -> {
                    String what = s + " " + layout;
                    Storage y = k.out(s.dims());
                    long version = y.version();
                    backend.gate().forward(s, input, gates, y);
                    Compare.identical(what, expected, k.get(y, s.dims()));
                    assertTrue(y.version() > version, what + " counts the write");
                    Compare.identical(what + " leaves x alone", x, k.get(input, s.dims()));
                    backend.gate().forward(s, input, gates, input);
                    Compare.identical(what + " in place", expected, k.get(input, s.dims()));
                });
                Compare.identical(s + " leaves the gate alone", gate, k.get(gates, s.gateDims()));
            }
        }));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void sumsProductsForTheGate(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            int pixels = s.h() * s.w();
            float[] x = gauss(1, s.dims());
            float[] dy = gauss(3, s.dims());
            double[] sums = new double[s.n() * s.channels()];
            for (int i = 0; i < x.length; i++) sums[i / pixels] += (double) x[i] * dy[i];
            float[] expected = new float[sums.length];
            for (int i = 0; i < sums.length; i++) expected[i] = (float) sums[i];
            try (Workspace k = new Workspace(backend)) {
                Map<String, Storage> gradients = Layouts.all(backend, k, dy, s.dims());
                Layouts.all(backend, k, x, s.dims())
                        .forEach((layout, input) -> gradients.forEach((other, gradient) -> {
                            String what = s + " x " + layout + ", dy " + other;
                            Storage dgate = k.out(s.gateDims());
                            backend.gate().backwardGate(s, input, gradient, dgate);
                            float[] actual = k.get(dgate, s.gateDims());
                            Compare.close(what, expected, actual, Compare.sum(pixels, 1), 1e-6);
                            Storage again = k.out(s.gateDims());
                            backend.gate().backwardGate(s, input, gradient, again);
                            Compare.identical(what + " again", actual, k.get(again, s.gateDims()));
                            Compare.identical(what + " leaves x alone", x, k.get(input, s.dims()));
                            Compare.identical(what + " leaves dy alone", dy, k.get(gradient, s.dims()));
                        }));
            }
        }));
    }

    @Test
    void refusesAnEmptyShape() {
        assertEquals(
                "gate: expected channels >= 1, got 0",
                assertThrows(IllegalArgumentException.class, () -> new GateSpec(1, 0, 2, 2))
                        .getMessage());
    }
}
