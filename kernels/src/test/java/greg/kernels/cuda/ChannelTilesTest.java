package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every row and channel is in exactly one block, and blocks are as many as a large GPU needs, but not many more. */
class ChannelTilesTest {
    private static final int[] ROWS = {1, 2, 49, 100, 6272, 131_072, 1_605_632, Integer.MAX_VALUE};
    private static final int[] PITCHES = {4, 8, 12, 16, 60, 64, 132, 256, 1028, 2048, 40_000};

    @Test
    void coversEverythingOnce() {
        for (int rows : ROWS) {
            for (int pitch : PITCHES) {
                // no device has room for it
                if ((long) rows * pitch > 1L << 37) continue;
                for (ChannelTiles t : List.of(ChannelTiles.sums(rows, pitch), ChannelTiles.each(rows, pitch))) {
                    String what = rows + " rows, pitch " + pitch + ": " + t;
                    assertTrue(t.span() * t.step() <= Launch.THREADS && t.step() >= 1, what);
                    assertTrue(4 * t.span() * t.tiles() >= pitch && 4 * t.span() * (t.tiles() - 1) < pitch, what);
                    assertTrue((long) t.part() * t.parts() >= rows, what);
                    assertTrue((long) t.part() * (t.parts() - 1) < rows, what + ": a part without rows");
                    assertEquals(0, t.part() % t.step(), what);
                }
            }
        }
    }

    @Test
    void blocksOfLargeTensorsFillTheDevice() {
        for (int pitch : PITCHES) {
            ChannelTiles sums = ChannelTiles.sums(10_000_000, pitch);
            int blocks = sums.tiles() * sums.parts();
            assertTrue(blocks >= 400, pitch + ": " + sums);
            // the last block of a tile reads this many parts with each thread, one after another
            assertTrue(sums.parts() <= 17 * sums.step(), pitch + ": " + sums);
        }
    }
}
