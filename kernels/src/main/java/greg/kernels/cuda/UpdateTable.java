package greg.kernels.cuda;

import greg.kernels.UpdateSlot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What the penalty kernels read instead of arguments: the tiles that the parameters are cut into, one per block. A tile's
 * record says everything that its block needs; {@code ptx_parts/tile_begin.ptx} describes it.
 *
 * <p>A tile is a rectangle of a {@link WeightMatrix}: some whole groups, in one row or in many. It has a few thousand elements:
 * enough to be worth a block, few enough that the network makes more of them than a GPU has room for blocks. Where groups have
 * more rows than a tile, the sums of its tiles meet in memory.
 */
final class UpdateTable {
    static final int RECORD_BYTES = 128;

    /** Elements of a tile of one row. */
    private static final int TILE = 2048;
    /** Columns of tiles of many rows: narrower runs of a row waste a part of each 128-byte transaction. */
    private static final int NARROWEST = 32;
    /** How often each thread of a tile of many rows advances to another. */
    private static final int STEPS = 4;
    /** Elements of a thread, where 16-byte accesses are possible. */
    private static final int VECTOR = 4;
    /** Fewer elements are not worth a block of their own to have vectors in the other. */
    private static final int SHORT = Launch.THREADS;
    /** Threads of a warp, as a power of 2: as many may add up a group. */
    private static final int WARP = 5;

    private static final int COUNTER_BYTES = 16;
    private static final int VECTORS = 1;
    private static final int SINGLES = 2;
    private static final int PLACES = 4;
    private static final int WHOLE = 8;
    private static final int HALF = 16;
    private static final int NARROW = 32;

    private final List<Tile> tiles = new ArrayList<>();
    private long partialBytes;

    /** Which kernel the table is for. */
    enum Purpose {
        /** All slots. */
        UPDATE,
        /** Slots with a lambda. */
        GRADIENT,
        /** Slots with an l1. */
        L1;

        boolean takes(UpdateSlot slot) {
            return switch (this) {
                case UPDATE -> true;
                case GRADIENT -> slot.lambda() != null;
                case L1 -> slot.l1() != null;
            };
        }
    }

    /**
     * A rectangle of a weight's matrix.
     *
     * @param width columns; {@code last} of the last row, and {@code real} of them are no padding
     * @param vectors whether threads take four neighbours
     * @param parts tiles that share the sums of these groups, of which this is number {@code part}; they meet at {@code partial}
     */
    record Tile(
            ArrangedSlot slot,
            WeightMatrix matrix,
            int row,
            int rows,
            int column,
            int width,
            int last,
            int real,
            int group,
            int groups,
            boolean vectors,
            int parts,
            int part,
            long partial) {
        /** Threads in a row, as a power of 2. */
        int shift() {
            int perThread = vectors ? VECTOR : 1;
            int shift = 0;
            while (shift < 8 && perThread << shift < width) shift++;
            return shift;
        }

        /** Whether the sums of several groups in one row are wanted: they go through a place per column in shared memory. */
        boolean places() {
            return slot.l1() != null && !matrix.singles() && matrix.rows() == 1 && groups > 1;
        }

        /** Threads that add up a group, as a power of 2: all of the block have work, and none much. */
        int lanes() {
            if (groups == 1) return WARP;
            int wanted = places() ? matrix.inner() / VECTOR : Launch.THREADS / groups;
            return Math.min(WARP, 31 - Integer.numberOfLeadingZeros(Math.max(1, wanted)));
        }

        private void write(ByteBuffer record, long partials) {
            long offset = (long) row * matrix.pitch() + column;
            CudaStorage[] arrays = slot.arrays();
            for (int a = 0; a < ArrangedSlot.ARRAYS; a++) {
                boolean perGroup = arrays[a] == slot.lambda() || arrays[a] == slot.l1();
                long first = matrix.singles() ? (long) column * matrix.positions() : group;
                long at = perGroup ? slot.firstGroup() + first : offset;
                record.putLong(arrays[a] == null ? 0 : address(arrays[a], at));
            }
            record.putInt(rows).putInt(matrix.pitch()).putInt(width).putInt(last);
            boolean whole = vectors && (groups == 1 || matrix.inner() % VECTOR == 0);
            record.putInt(real)
                    .putInt(matrix.singles() ? matrix.positions() : matrix.inner())
                    .putInt(shift())
                    .putInt((vectors ? VECTORS : 0)
                            | (matrix.singles() ? SINGLES : 0)
                            | (places() ? PLACES : 0)
                            | (whole ? WHOLE : 0)
                            | (slot.half() != null ? HALF : 0)
                            | (slot.narrowGradient() ? NARROW : 0));
            record.putLong(parts > 1 ? partials + partial : 0);
            record.putInt(groups).putInt(lanes()).putInt(parts).putInt(part);
            record.putInt(row).putInt(matrix.channels());
        }
    }

    private static long address(CudaStorage storage, long element) {
        return storage.address().value() + element * storage.type().bytes();
    }

    /** Cuts these slots. */
    UpdateTable(List<ArrangedSlot> slots) {
        for (ArrangedSlot slot : slots) {
            WeightMatrix matrix = slot.matrix();
            if (matrix.rows() == 1) cutRow(slot, matrix);
            else cutRows(slot, matrix);
        }
    }

    private void cutRow(ArrangedSlot slot, WeightMatrix m) {
        int perTile = Math.max(1, TILE / m.inner());
        // vectors begin at multiples of four
        if (m.inner() % VECTOR != 0 && perTile >= VECTOR) perTile -= perTile % VECTOR;
        for (long first = 0; first < m.count(); first += perTile) {
            int groups = (int) Math.min(perTile, m.count() - first);
            int width = groups * m.inner();
            int ragged = width % VECTOR;
            if (m.inner() == 1 && (m.singles() || slot.groups() == null) && ragged > 0 && width > SHORT) {
                addRow(slot, m, (int) first, groups - ragged);
                addRow(slot, m, (int) first + groups - ragged, ragged);
            } else {
                addRow(slot, m, (int) first, groups);
            }
        }
    }

    private void addRow(ArrangedSlot slot, WeightMatrix m, int first, int groups) {
        int column = first * m.inner();
        int width = groups * m.inner();
        int last = Math.max(0, Math.min(width, m.last() - column));
        boolean vectors = vectors(slot, column, width, last);
        tiles.add(new Tile(slot, m, 0, 1, column, width, last, width, first, groups, vectors, 1, 0, 0));
    }

    private void cutRows(ArrangedSlot slot, WeightMatrix m) {
        boolean aligned = m.pitch() % VECTOR == 0;
        int perTile = Math.max(1, NARROWEST / m.inner());
        if (aligned && m.inner() % VECTOR != 0) {
            int even = (perTile + VECTOR - 1) / VECTOR * VECTOR;
            // several groups share a tile only where a thread has the same columns, and so the same group, in every row
            if ((long) even * m.inner() <= VECTOR * Launch.THREADS) perTile = even;
        }
        for (int first = 0; first < m.count(); first += perTile) {
            int groups = Math.min(perTile, m.count() - first);
            int column = first * m.inner();
            int real = groups * m.inner();
            // the last tile has the padding too
            int width = first + groups == m.count() ? m.columns() - column : real;
            addRows(slot, m, first, groups, width, real, aligned);
        }
    }

    private void addRows(
            ArrangedSlot slot, WeightMatrix m, int first, int groups, int width, int real, boolean aligned) {
        int column = first * m.inner();
        int last = Math.max(0, Math.min(width, m.last() - column));
        boolean vectors = aligned && vectors(slot, column, width, last);
        Tile whole = new Tile(slot, m, 0, m.rows(), column, width, last, real, first, groups, vectors, 1, 0, 0);
        // a tile's elements are counted in 32 bits
        long most = ((1L << 32) - 1 - width) / m.pitch();
        int tall = (int) Math.max(1, Math.min(most, STEPS * (Launch.THREADS >> whole.shift())));
        int parts = slot.l1() == null || m.singles() ? 1 : (m.rows() + tall - 1) / tall;
        long partial = partialBytes;
        if (parts > 1) {
            long bytes = COUNTER_BYTES + (long) parts * groups * Float.BYTES;
            partialBytes += (bytes + COUNTER_BYTES - 1) / COUNTER_BYTES * COUNTER_BYTES;
        }
        for (int row = 0; row < m.rows(); row += tall) {
            int rows = Math.min(tall, m.rows() - row);
            int end = row + rows == m.rows() ? last : width;
            int part = parts > 1 ? row / tall : 0;
            tiles.add(new Tile(
                    slot, m, row, rows, column, width, end, real, first, groups, vectors, parts, part, partial));
        }
    }

    /** Whether a tile that begins here consists of vectors, in all arrays. */
    private static boolean vectors(ArrangedSlot slot, int column, int width, int last) {
        if (column % VECTOR != 0 || width % VECTOR != 0 || last % VECTOR != 0) return false;
        for (CudaStorage array : slot.arrays()) {
            if (array == null || array == slot.lambda() || array == slot.l1()) continue;
            if (address(array, column) % (VECTOR * array.type().bytes()) != 0) return false;
        }
        return true;
    }

    List<Tile> tiles() {
        return tiles;
    }

    /** Number of tiles, and so of blocks. */
    int blocks() {
        return tiles.size();
    }

    /** Memory for sums that meet, zero before the first launch; 0 if none do. */
    long partialBytes() {
        return partialBytes;
    }

    /** The records for the device; {@code partials}: address of that memory. */
    byte[] records(long partials) {
        ByteBuffer records =
                ByteBuffer.allocate(Math.multiplyExact(blocks(), RECORD_BYTES)).order(ByteOrder.nativeOrder());
        for (Tile tile : tiles) tile.write(records, partials);
        return records.array();
    }
}
