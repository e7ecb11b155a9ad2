package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.spec.ConcatSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies of channel ranges: all backends agree exactly. */
class ConcatKernelsTest {
    private static final ConcatSpec[] SPECS = {
        new ConcatSpec(1, List.of(1), 1, 1),
        new ConcatSpec(2, List.of(3, 1, 5), 5, 7),
        new ConcatSpec(5, List.of(16, 32), 8, 8),
        new ConcatSpec(3, List.of(13, 16, 3), 9, 7),
        new ConcatSpec(4, List.of(10, 7), 1, 1),
        new ConcatSpec(1, List.of(2, 2), 70, 70),
    };

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithItsDefinition(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        assertAll(Stream.of(SPECS).map(s -> () -> {
            List<float[]> xs = new ArrayList<>();
            List<float[]> expectedDx = new ArrayList<>();
            for (int i = 0; i < s.channels().size(); i++) {
                xs.add(gauss(i, s.xDims(i)));
                expectedDx.add(new float[xs.get(i).length]);
            }
            float[] dy = gauss(99, s.yDims());
            float[] expectedY = new float[dy.length];
            int plane = s.h() * s.w();
            for (int at = 0; at < dy.length; at++) {
                int c = at / plane % s.outChannels();
                int n = at / plane / s.outChannels();
                int i = 0;
                while (c >= s.channels().get(i)) c -= s.channels().get(i++);
                int from = (n * s.channels().get(i) + c) * plane + at % plane;
                expectedY[at] = xs.get(i)[from];
                expectedDx.get(i)[from] = dy[at];
            }
            try (Workspace k = new Workspace(backend)) {
                Storage y = k.out(s.yDims());
                backend.concat().forward(s, xs.stream().map(k::put).toList(), y);
                Compare.equal(s + " y", expectedY, k.get(y, s.yDims()));
                for (int i = 0; i < xs.size(); i++) {
                    Storage dx = k.out(s.xDims(i));
                    backend.concat().backward(s, i, k.put(dy), dx);
                    Compare.equal(s + " dx " + i, expectedDx.get(i), k.get(dx, s.xDims(i)));
                }
            }
        }));
    }

    @Test
    void refusesNoInputs() {
        assertEquals(
                "concat: expected inputs >= 1, got 0",
                assertThrows(IllegalArgumentException.class, () -> new ConcatSpec(1, List.of(), 1, 1))
                        .getMessage());
    }
}
