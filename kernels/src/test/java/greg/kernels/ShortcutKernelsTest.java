package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;

import greg.kernels.spec.ShortcutSpec;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Shortcuts: values are copied or 0, so all backends agree exactly. */
class ShortcutKernelsTest {
    private static final ShortcutSpec[] SPECS = {
        padded(1, 1, 1, 1, 1, 1, 0),
        padded(2, 3, 5, 7, 8, 2, 2),
        padded(5, 16, 8, 8, 32, 2, 8),
        padded(2, 32, 9, 7, 64, 2, 16),
        padded(1, 13, 7, 7, 17, 1, 4),
        padded(2, 16, 6, 6, 48, 3, 32),
        padded(1, 24, 5, 5, 33, 2, 0),
        padded(2, 16, 4, 4, 16, 2, 0),
        new ShortcutSpec(2, 5, 6, 7, 2, List.of(-1, 3, 0, -1, 4)),
        new ShortcutSpec(
                1,
                32,
                8,
                8,
                1,
                IntStream.range(0, 16).mapToObj(o -> (o * 7 + 3) % 32).toList()),
        new ShortcutSpec(1, 2, 3, 3, 2, List.of(-1, -1, -1)),
    };

    private static ShortcutSpec padded(int n, int in, int h, int w, int out, int stride, int before) {
        return new ShortcutSpec(n, in, h, w, stride, ShortcutSpec.padded(in, out, before));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithItsDefinition(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            float[] x = gauss(1, s.xDims());
            float[] dy = gauss(2, s.yDims());
            float[] expectedY = new float[Workspace.count(s.yDims())];
            float[] expectedDx = new float[x.length];
            for (int i = 0; i < dy.length; i++) {
                int q = i % s.outW();
                int p = i / s.outW() % s.outH();
                int c = s.sources().get(i / s.outW() / s.outH() % s.outChannels());
                int n = i / s.outW() / s.outH() / s.outChannels();
                if (c < 0) continue;
                int from = ((n * s.inChannels() + c) * s.h() + p * s.stride()) * s.w() + q * s.stride();
                expectedY[i] = x[from];
                expectedDx[from] = dy[i];
            }
            try (Workspace k = new Workspace(backend)) {
                Storage y = k.out(s.yDims());
                Storage dx = k.out(s.xDims());
                backend.shortcut().forward(s, k.put(x), y);
                backend.shortcut().backward(s, k.put(dy), dx);
                Compare.equal(s + " y", expectedY, k.get(y, s.yDims()));
                Compare.equal(s + " dx", expectedDx, k.get(dx, s.xDims()));
            }
        }));
    }
}
