package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.Workspace.ramp;
import static org.junit.jupiter.api.Assertions.assertAll;

import greg.kernels.spec.GemmSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products in all transpositions. */
class GemmKernelsTest {
    private static final int[][] SIZES = {
        {1, 1, 1},
        {2, 10, 64},
        {5, 10, 84},
        {7, 13, 17},
        {16, 16, 16},
        {33, 48, 65},
        {1, 100, 512},
        {64, 3, 5},
        {3, 1, 200}
    };

    private static float[] run(Backend backend, GemmSpec s, float[] a, float[] b, float[] c) {
        try (Workspace k = new Workspace(backend)) {
            Storage out = s.accumulate() ? k.put(c) : k.out(s.m(), s.n());
            backend.gemm().gemm(s, k.put(a), k.put(b), out);
            return k.get(out, s.m(), s.n());
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void agreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        List<Executable> cases = new ArrayList<>();
        for (int[] size : SIZES) {
            for (int flags = 0; flags < 8; flags++) {
                GemmSpec s =
                        new GemmSpec(size[0], size[1], size[2], (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
                cases.add(() -> {
                    float[] a = gauss(1, s.m(), s.k());
                    float[] b = gauss(2, s.k(), s.n());
                    float[] c = gauss(3, s.m(), s.n());
                    float[] expected = run(BackendsUnderTest.reference(), s, a, b, c);
                    Compare.close(s.toString(), expected, run(backend, s, a, b, c), Compare.sum(s.k() + 1, 1), 1e-6);
                });
            }
        }
        assertAll(cases);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float[] a = TorchNumbers.x(3, 4);
        float[] b = ramp(11, 23, 8, 4, 2);
        float[] expected = TorchNumbers.of("gemm", "c");
        float[] zero = new float[6];
        for (int flags = 0; flags < 8; flags++) {
            GemmSpec s = new GemmSpec(3, 2, 4, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
            float[] left = s.transA() ? transposed(a, 3, 4) : a;
            float[] right = s.transB() ? transposed(b, 4, 2) : b;
            Compare.close(s.toString(), expected, run(backend, s, left, right, zero), 1e-6, 1e-6);
        }
    }

    private static float[] transposed(float[] a, int rows, int columns) {
        float[] t = new float[a.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) t[j * rows + i] = a[i * columns + j];
        }
        return t;
    }
}
