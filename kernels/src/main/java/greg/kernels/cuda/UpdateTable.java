package greg.kernels.cuda;

import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the penalty kernels read instead of arguments: a row of pointers and geometry for each parameter, and the tiles
 * that the parameters are cut into, one per block. The layout of both is described in {@code update_sgd.ptx}.
 *
 * <p>A weight is a matrix with rows of {@code groups * inner} columns; a group is {@code inner} neighbouring columns.
 * A tile is the columns of some whole groups, so that one block computes the whole sum of a group. It has about {@value
 * #TILE} elements: enough work to hide the latency of memory, small enough that a network makes more tiles than a GPU has
 * room for blocks.
 *
 * @param rows the table, {@value #ROW_BYTES} bytes per slot
 * @param tiles slot, first group, number of groups, log2 of the threads in a row; four ints per tile
 */
record UpdateTable(byte[] rows, int[] tiles) {
    static final int ROW_BYTES = 80;
    static final int TILE_INTS = 4;

    private static final int TILE = 4096;
    /** Columns that a block covers at once: four for each thread. */
    private static final int COLUMNS = 4 * Launch.THREADS;
    /** Columns of a single row that have a place each in the block's shared memory. */
    private static final int PLACES = 4 * COLUMNS;
    /** An aligned access may begin up to three elements before the tile. */
    private static final int SLACK = 3;
    /** Narrower runs of a row waste a part of each 128-byte transaction. */
    private static final int NARROWEST = 32;

    private static final int VECTOR = 1;
    private static final int DIRECT = 2;
    private static final int SINGLE_ROW = 4;

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

        boolean sums(UpdateSlot slot) {
            return this != GRADIENT && slot.l1() != null;
        }
    }

    /** Lays out the slots that the purpose covers. */
    static UpdateTable of(Purpose purpose, List<UpdateSlot> slots) {
        List<UpdateSlot> taken = slots.stream().filter(purpose::takes).toList();
        ByteBuffer rows = ByteBuffer.allocate(taken.size() * ROW_BYTES).order(ByteOrder.nativeOrder());
        List<int[]> tiles = new ArrayList<>();
        for (int s = 0; s < taken.size(); s++) {
            UpdateSlot slot = taken.get(s);
            int length = Math.toIntExact(slot.weight().length());
            GroupIndex groups = groups(slot, length);
            int pitch = pitch(groups);
            for (Storage storage : pointers(slot)) rows.putLong(address(storage));
            rows.putLong(address(slot.lambda())).putLong(address(slot.mask())).putLong(address(slot.l1()));
            rows.putInt(groups.inner()).putInt(pitch).putInt(length);
            boolean direct = direct(groups, length);
            boolean singleRow = pitch >= length && !direct && purpose.sums(slot);
            rows.putInt(
                    (aligned(slot, pitch, length) ? VECTOR : 0) | (direct ? DIRECT : 0) | (singleRow ? SINGLE_ROW : 0));
            rows.putLong(0);
            tiles.addAll(cut(s, groups, length, purpose.sums(slot)));
        }
        return new UpdateTable(
                rows.array(), tiles.stream().flatMapToInt(IntStream::of).toArray());
    }

    private static GroupIndex groups(UpdateSlot slot, int length) {
        if (slot.lambda() == null && slot.l1() == null) return new GroupIndex(length, 1);
        GroupIndex groups = slot.groups();
        if (groups == null) {
            throw new IllegalArgumentException("update: expected groups together with lambda or l1 for a weight of "
                    + length + " elements, got none");
        }
        for (Storage perGroup : new Storage[] {slot.lambda(), slot.l1()}) {
            if (perGroup != null && perGroup.length() != groups.count()) {
                throw new IllegalArgumentException("update: expected lambda and l1 of " + groups.count()
                        + " elements, one per group, got " + perGroup.length());
            }
        }
        return groups;
    }

    /** Columns of a row, which kernels count in 32 bits. */
    private static int pitch(GroupIndex groups) {
        long pitch = (long) groups.count() * groups.inner();
        if (pitch > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("update: expected groups of fewer than 2^31 elements together, got "
                    + groups.count() + " of " + groups.inner());
        }
        return (int) pitch;
    }

    /** Whether every element is a group, whose sum is then |w| itself. */
    private static boolean direct(GroupIndex groups, int length) {
        return groups.inner() == 1 && groups.count() == length;
    }

    private static Storage[] pointers(UpdateSlot slot) {
        return new Storage[] {slot.weight(), slot.gradient(), slot.momentum(), slot.variance()};
    }

    private static long address(Storage storage) {
        return storage == null ? 0 : CudaStorage.of(storage).address().value();
    }

    /** Whether elements of equal index, in every row, are at the same distance from a 16-byte boundary in all arrays. */
    private static boolean aligned(UpdateSlot slot, int pitch, int length) {
        long phase = address(slot.weight()) & 15;
        boolean same = Stream.concat(Stream.of(pointers(slot)), Stream.ofNullable(slot.mask()))
                .allMatch(storage -> storage == null || (address(storage) & 15) == phase);
        return same && (pitch >= length || pitch % 4 == 0);
    }

    /** The tiles of a weight of {@code length} elements; {@code sums}: the sums of its groups are needed. */
    static List<int[]> cut(int slot, GroupIndex groups, int length, boolean sums) {
        int inner = groups.inner();
        int pitch = pitch(groups);
        long rows = ((long) length + pitch - 1) / pitch;
        int perTile = (int) Math.max(1, TILE / (rows * inner));
        if (rows > 1) perTile = Math.max(perTile, (NARROWEST + inner - 1) / inner);
        if (sums && !direct(groups, length)) {
            // several groups share a tile only where the block has a place for every column, or where a thread has the
            // same columns, and so the same group, in every row
            int columns = rows == 1 ? PLACES : COLUMNS;
            perTile = Math.max(1, Math.min(perTile, (columns - SLACK) / inner));
        }
        List<int[]> tiles = new ArrayList<>();
        for (long first = 0; first < groups.count(); first += perTile) {
            int count = (int) Math.min(perTile, groups.count() - first);
            tiles.add(new int[] {slot, (int) first, count, shift((long) count * inner, pitch, length)});
        }
        return tiles;
    }

    /**
     * The least number of threads, as a power of 2, whose four elements each cover this many columns, and with which no
     * thread counts beyond 32 bits: the others make up rows, {@code pitch} elements apart, and the last thread passes the
     * end by that many rows.
     */
    private static int shift(long columns, int pitch, int length) {
        int shift = 0;
        while (4 << shift < Math.min(columns + SLACK, COLUMNS)) shift++;
        while ((long) (Launch.THREADS >> shift) * pitch + length > 1L << 32) shift++;
        return shift;
    }

    /** Number of tiles, and so of blocks. */
    int blocks() {
        return tiles.length / TILE_INTS;
    }
}
