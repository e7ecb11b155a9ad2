package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Storages in one block: each is written on its own, and the block lives as long as any of them. */
class NeighboursTest {
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void areStoragesLikeTheOthers(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Memory memory = backend.memory();
        long before = memory.liveBytes();
        assertEquals(List.of(), memory.neighbours(List.of()));
        try (Workspace k = new Workspace(backend)) {
            List<Storage> others = List.of(k.parameter(5, 3, 2, 2), k.put(1, 2, 3), k.put(new int[] {4}), k.out(64));
            long live = memory.liveBytes();
            List<Storage> parts = memory.neighbours(others);
            for (int i = 0; i < parts.size(); i++) {
                Storage part = parts.get(i);
                Storage other = others.get(i);
                assertEquals(List.of(other.type(), other.length()), List.of(part.type(), part.length()));
                assertEquals(other.room(), part.room());
                assertTrue(part.exclusive(), "one reference");
            }
            int[][] dims = {{5, 3, 2, 2}, {3}, {}, {64}};
            for (int i : new int[] {0, 1, 3}) backend.transfer().upload(gauss(i, dims[i]), parts.get(i));
            backend.transfer().upload(new int[] {77}, parts.get(2));
            for (int i : new int[] {0, 1, 3}) {
                Compare.identical("part " + i, gauss(i, dims[i]), k.get(parts.get(i), dims[i]));
            }
            long with = memory.liveBytes();
            assertTrue(with > live);
            for (int i = 0; i < 3; i++) parts.get(i).release();
            assertFalse(parts.get(0).live());
            Compare.identical("the last", gauss(3, 64), k.get(parts.get(3), 64));
            parts.get(3).release();
            assertEquals(live, memory.liveBytes());
        }
        assertEquals(before, memory.liveBytes());
    }
}
