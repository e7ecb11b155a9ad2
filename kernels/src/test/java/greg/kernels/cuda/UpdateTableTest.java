package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.cuda.UpdateTable.Purpose;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How parameters are cut into tiles, and that the kernels get every kind of tile right. */
class UpdateTableTest {
    /** (length, groups, inner): long filters, few columns, many rows, ragged ends, and groups of about a tile. */
    private static final int[][] GEOMETRY = {
        {3 * 4608, 3, 4608},
        {3 * 1021, 3, 1021},
        {5 * 1022, 5, 1022},
        {2 * 10_007, 2, 10_007},
        {40 * 64 * 9, 64, 9},
        {33 * 7 * 9, 7, 9},
        {128 * 96, 96, 1},
        {100 * 31, 31, 1},
        {700 * 8, 8, 1},
        {9001, 9001, 1},
        {4096, 4096, 1},
        {37, 5, 3},
        {7, 3, 1},
        {101, 4, 9},
        {2, 5, 1},
        {9 * 25, 3, 25},
        {70 * 256, 70, 256},
        {64 * 297, 64, 297},
        {64 * 100 - 37, 64, 100},
        {5 * 2046, 5, 2046},
        {2 * 4093, 2, 4093},
        {2 * 4094, 2, 4094},
        {4500, 5000, 1},
        {5, 5, 3},
        {3000, 5000, 1}
    };

    private static UpdateSlot slot(Workspace k, int[] d, boolean l1) {
        return new UpdateSlot(
                k.put(gauss(1, d[0])),
                k.put(gauss(2, d[0])),
                k.put(gauss(3, d[0])),
                null,
                k.put(gauss(4, d[1])),
                null,
                l1 ? k.out(d[1]) : null,
                new GroupIndex(d[1], d[2]));
    }

    private static UpdateTable table(Gpu gpu, Purpose purpose, List<UpdateSlot> slots) {
        UpdateArrangement arrangement = new UpdateArrangement(gpu.layouts());
        return new UpdateTable(slots.stream()
                .filter(purpose::takes)
                .map(slot -> arrangement.arrange(purpose, slot))
                .toList());
    }

    /** Calls back with the index of every element that a thread of the tile visits, in the 32-bit arithmetic of tile_row. */
    private static void visit(UpdateTable.Tile tile, int thread, LongConsumer element) {
        int each = tile.vectors() ? 4 : 1;
        int columns = each << tile.shift();
        int first = (thread & ((1 << tile.shift()) - 1)) * each;
        long offset = (long) tile.row() * tile.matrix().pitch() + tile.column();
        for (int chunk = 0; Integer.compareUnsigned(chunk, tile.width()) < 0; chunk += columns) {
            for (int row = thread >> tile.shift(); row < tile.rows(); row += 256 >> tile.shift()) {
                int limit = row + 1 == tile.rows() ? tile.last() : tile.width();
                int q = chunk + first;
                if (Integer.compareUnsigned(q, limit) >= 0) continue;
                int at = row * tile.matrix().pitch() + q;
                for (int j = 0; j < each; j++) element.accept(offset + Integer.toUnsignedLong(at) + j);
            }
        }
    }

    /** Every element is visited by exactly one thread of one tile, and every group belongs to one tile of each row. */
    @Test
    void tilesCoverEachElementOnce() {
        Gpu gpu = new Gpu();
        for (boolean l1 : new boolean[] {false, true}) {
            try (Workspace k = new Workspace(gpu.backend())) {
                for (int[] d : GEOMETRY) {
                    int[] visits = new int[d[0]];
                    int[] rows = new int[d[1]];
                    for (UpdateTable.Tile tile :
                            table(gpu, Purpose.UPDATE, List.of(slot(k, d, l1))).tiles()) {
                        for (int t = 0; t < 256; t++) visit(tile, t, i -> visits[(int) i]++);
                        for (int g = 0; g < tile.groups(); g++) rows[tile.group() + g] += tile.rows();
                    }
                    String what = "length " + d[0] + " groups " + d[1] + " inner " + d[2];
                    for (int i = 0; i < d[0]; i++) assertEquals(1, visits[i], what + " element " + i);
                    for (int g = 1; g < d[1]; g++) assertEquals(rows[0], rows[g], what + " rows of group " + g);
                }
            }
        }
    }

    /** A block has little work in a small tile, so filters must share one. */
    @Test
    void filtersFillTheirTiles() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            List<UpdateSlot> slots = List.of(slot(k, new int[] {64 * 288, 64, 288}, true));
            assertEquals(10, table(gpu, Purpose.UPDATE, slots).blocks(), "seven filters of 288 in 2048 elements");
        }
    }

    /** All threads of a tile of channels have elements, and a large layer makes blocks for a whole GPU. */
    @Test
    void channelsFillTheirTiles() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            UpdateTable table = table(gpu, Purpose.L1, List.of(slot(k, new int[] {512 * 4608, 512, 1}, true)));
            for (UpdateTable.Tile tile : table.tiles()) {
                for (int t = 0; t < 256; t++) {
                    int[] visits = new int[1];
                    visit(tile, t, i -> visits[0]++);
                    assertEquals(16, visits[0], "elements of thread " + t);
                }
            }
            assertEquals(16 * 36, table.blocks(), "32 channels and 128 rows each");
        }
    }

    /** The elements that threads visit where tensors are so large that 32 bits nearly run out. */
    @Test
    void largeTensorsDoNotWrap() {
        Gpu gpu = new Gpu();
        int[][] large = {
            {20_000_769, 20_000_769, 1},
            {(1 << 24) + 1, (1 << 24) + 1, 1},
            {Integer.MAX_VALUE, Integer.MAX_VALUE, 1},
            {3 * 100_000_000, 100_000_001, 1},
            {2_000_000_000, 5, 400_000_000},
            {2_000_000_000, 50_000_000, 1}
        };
        try (Workspace k = new Workspace(gpu.backend())) {
            for (int[] d : large) {
                CudaStorage weight = gpu.view(k.out(1), 0, d[0]);
                CudaStorage perGroup = gpu.view(k.out(1), 0, d[1]);
                for (CudaStorage l1 : new CudaStorage[] {null, perGroup}) {
                    UpdateSlot slot =
                            new UpdateSlot(weight, weight, null, null, perGroup, null, l1, new GroupIndex(d[1], d[2]));
                    List<UpdateTable.Tile> tiles =
                            table(gpu, Purpose.UPDATE, List.of(slot)).tiles();
                    // the first, the second and the last: those in between are alike
                    for (int t : new int[] {0, 1, tiles.size() - 1}) {
                        UpdateTable.Tile tile = tiles.get(t);
                        for (int thread : new int[] {0, 255}) {
                            visit(tile, thread, i -> {
                                long row = i / tile.matrix().pitch() - tile.row();
                                long column = i % tile.matrix().pitch() - tile.column();
                                boolean inside = i >= 0 && i < d[0] && row >= 0 && row < tile.rows();
                                if (!inside || column < 0 || column >= tile.width()) fail("length " + d[0] + ": " + i);
                            });
                        }
                    }
                }
            }
        }
    }

    @Test
    void groupsBeyondWhatAnIndexHoldsAreRefused() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            UpdateSlot slot = new UpdateSlot(
                    k.put(1, 2), k.put(1, 2), null, null, k.put(1), null, null, new GroupIndex(1, Integer.MAX_VALUE));
            table(gpu, Purpose.UPDATE, List.of(slot));
            Storage lambda = k.put(1, 2);
            UpdateSlot wide = new UpdateSlot(
                    k.put(1, 2), k.put(1, 2), null, null, lambda, null, null, new GroupIndex(2, 1 << 30));
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> table(gpu, Purpose.UPDATE, List.of(wide)));
            assertTrue(e.getMessage().contains("2^31"), e.getMessage());
        }
    }

    @Test
    void unusedSlotsMakeNoTiles() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            UpdateSlot plain = new UpdateSlot(k.put(1, 2), k.put(1, 2), null, null, null, null, null, null);
            assertEquals(0, table(gpu, Purpose.GRADIENT, List.of(plain)).blocks());
            assertEquals(0, table(gpu, Purpose.L1, List.of(plain)).blocks());
            gpu.backend().penalty().addGradient(List.of(plain));
            gpu.backend().penalty().groupL1(List.of(plain));
            Compare.identical("gradient", new float[] {1, 2}, k.get(plain.gradient(), 2));
        }
    }

    private static List<float[]> step(Backend backend, boolean l1) {
        try (Workspace k = new Workspace(backend)) {
            List<UpdateSlot> slots =
                    Stream.of(GEOMETRY).map(d -> slot(k, d, l1)).toList();
            backend.update().sgd(new SgdSpec(0.9f, 5e-4f, false, false), k.put(0.1f), slots);
            List<float[]> results = new ArrayList<>();
            for (UpdateSlot slot : slots) {
                results.add(k.get(slot.weight(), (int) slot.weight().length()));
                results.add(k.get(slot.momentum(), (int) slot.weight().length()));
                if (l1) results.add(k.get(slot.l1(), slot.groups().count()));
            }
            return results;
        }
    }

    @Test
    void everyGeometryAgreesWithReference() {
        Gpu gpu = new Gpu();
        for (boolean l1 : new boolean[] {false, true}) {
            List<float[]> expected = step(BackendsUnderTest.reference(), l1);
            List<float[]> actual = step(gpu.backend(), l1);
            List<float[]> again = step(gpu.backend(), l1);
            int parts = l1 ? 3 : 2;
            for (int i = 0; i < expected.size(); i++) {
                int[] d = GEOMETRY[i / parts];
                String what = "length " + d[0] + " groups " + d[1] + " inner " + d[2] + " part " + i % parts;
                if (i % parts < 2) Compare.identical(what, expected.get(i), actual.get(i));
                else Compare.close(what, expected.get(i), actual.get(i), 0, 2e-6);
                Compare.identical(what + ", a second time", actual.get(i), again.get(i));
            }
        }
    }

    /** Weights that start anywhere: all arrays at the same distance from a 16-byte boundary, and each at its own. */
    @Test
    void unalignedStarts() {
        Gpu gpu = new Gpu();
        int[][] starts = {{1, 1, 1}, {2, 2, 2}, {3, 3, 3}, {0, 1, 2}, {3, 0, 3}};
        for (int[] d : new int[][] {{2049, 2049, 1}, {40 * 12, 12, 1}, {40 * 27, 40, 27}, {2 * 3001, 2, 3001}}) {
            for (int[] start : starts) {
                try (Workspace k = new Workspace(gpu.backend());
                        Workspace r = new Workspace(BackendsUnderTest.reference())) {
                    int room = d[0] + 8;
                    Storage[] whole = new Storage[3];
                    for (int i = 0; i < 3; i++) {
                        float[] framed = new float[room];
                        System.arraycopy(gauss(i + 1, d[0]), 0, framed, start[i], d[0]);
                        whole[i] = k.put(framed);
                    }
                    Storage l1 = k.out(d[1]);
                    UpdateSlot slot = new UpdateSlot(
                            gpu.view(whole[0], start[0], d[0]),
                            gpu.view(whole[1], start[1], d[0]),
                            gpu.view(whole[2], start[2], d[0]),
                            null,
                            k.put(gauss(4, d[1])),
                            null,
                            l1,
                            new GroupIndex(d[1], d[2]));
                    UpdateSlot expected = slot(r, d, true);
                    SgdSpec spec = new SgdSpec(0.9f, 1e-3f, true, false);
                    gpu.backend().update().sgd(spec, k.put(0.1f), List.of(slot));
                    BackendsUnderTest.reference().update().sgd(spec, r.put(0.1f), List.of(expected));
                    float[] w = k.get(whole[0], room);
                    for (int i = 0; i < room; i++) {
                        assertTrue(i >= start[0] && i < start[0] + d[0] || w[i] == 0, "outside the weight: " + i);
                    }
                    float[] inside = new float[d[0]];
                    System.arraycopy(w, start[0], inside, 0, d[0]);
                    String what = "length " + d[0] + " starts " + start[0] + "," + start[1] + "," + start[2];
                    Compare.identical(what, r.get(expected.weight(), d[0]), inside);
                    Compare.close(what + " l1", r.get(expected.l1(), d[1]), k.get(l1, d[1]), 0, 2e-6);
                    gpu.backend().penalty().groupL1(List.of(slot));
                    Compare.close(what + " l1 alone", r.get(expected.l1(), d[1]), k.get(l1, d[1]), 0, 2e-6);
                }
            }
        }
    }
}
