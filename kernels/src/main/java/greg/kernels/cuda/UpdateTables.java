package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.cuda.UpdateTable.Purpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Update tables on the device. A table holds addresses and geometry, so these are its key: the gradients of the
 * next step are other storages, but the pool gives them the same addresses, and no step after the first uploads anything.
 * The {@value #KEPT} tables used last are kept, and those of a captured step until it is closed.
 */
final class UpdateTables implements AutoCloseable {
    /** Several networks may alternate; a table has about 2 MiB for a network of 25 million parameters. */
    static final int KEPT = 32;

    /** Besides the addresses: the weight's length, the pitch, the gradient's type, three for the groups, a shape of rank 4. */
    private static final int NUMBERS = 10;

    private static final int WORDS = ArrangedSlot.ARRAYS + NUMBERS;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    private final UpdateArrangement arrangement;
    /** In the order of their last use. */
    private final Map<Key, Uploaded> known = new LinkedHashMap<>(KEPT, 0.75f, true);

    /**
     * A table on the device.
     *
     * @param tiles records of the tiles
     * @param partials where the sums of tiles meet, or null
     */
    record Uploaded(CudaStorage tiles, CudaStorage partials, int blocks) {
        void release() {
            tiles.release();
            if (partials != null) partials.release();
        }
    }

    /** Everything that a table depends on. */
    private record Key(long[] words) {
        static Key of(List<ArrangedSlot> slots) {
            long[] words = new long[WORDS * slots.size()];
            int at = 0;
            for (ArrangedSlot slot : slots) {
                int next = at + WORDS;
                // those of live storages: a table of released ones would write into memory that others own by now
                for (CudaStorage array : slot.arrays()) {
                    words[at++] = array == null ? 0 : array.address().value();
                }
                words[at++] = slot.weight().length();
                words[at++] = slot.pitch();
                words[at++] = slot.narrowGradient() ? 1 : 0;
                words[at++] = slot.groups() == null ? 0 : slot.groups().count();
                words[at++] = slot.groups() == null ? 0 : slot.groups().inner();
                words[at++] = slot.firstGroup();
                // of a dense weight only the number of elements matters
                if (slot.pitch() > 0) for (int dim : slot.dims()) words[at++] = dim;
                at = next;
            }
            return new Key(words);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(words, key.words);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(words);
        }
    }

    UpdateTables(CudaContext context, DeviceMemory memory, TransferKernels transfer, CudaLayouts layouts) {
        this.context = context;
        this.memory = memory;
        this.transfer = transfer;
        arrangement = new UpdateArrangement(layouts);
    }

    /** Launches a kernel over those slots that it is for, and records what it has written; does nothing without any. */
    void run(Purpose purpose, List<UpdateSlot> slots, Consumer<Uploaded> launch) {
        List<ArrangedSlot> arranged = new ArrayList<>(slots.size());
        try {
            for (UpdateSlot slot : slots) {
                Objects.requireNonNull(slot.weight(), "update: a slot needs a weight");
                if (purpose.takes(slot)) arranged.add(arrangement.arrange(purpose, slot));
            }
            if (arranged.isEmpty()) return;
            launch.accept(of(arranged));
            for (ArrangedSlot slot : arranged) wrote(purpose, slot);
        } finally {
            for (ArrangedSlot slot : arranged)
                if (slot.gradient() != null) slot.gradient().release();
        }
    }

    private static void wrote(Purpose purpose, ArrangedSlot slot) {
        if (purpose == Purpose.GRADIENT) slot.gradient().touch();
        if (slot.l1() != null) slot.l1().touch();
        if (purpose != Purpose.UPDATE) return;
        slot.weight().touch();
        if (slot.momentum() != null) slot.momentum().touch();
        if (slot.variance() != null) slot.variance().touch();
        if (slot.half() != null) slot.weight().wroteHalf();
    }

    /** The table for these slots. */
    Uploaded of(List<ArrangedSlot> slots) {
        Key key = Key.of(slots);
        Uploaded table = known.get(key);
        if (table == null) {
            if (known.size() == KEPT) {
                Iterator<Uploaded> oldest = known.values().iterator();
                oldest.next().release();
                oldest.remove();
            }
            table = upload(new UpdateTable(slots));
            known.put(key, table);
        }
        // a table holds addresses that do not appear in a captured launch
        for (ArrangedSlot slot : slots) {
            for (Storage array : slot.arrays()) context.uses(array);
        }
        context.uses(table.partials());
        return table;
    }

    private Uploaded upload(UpdateTable table) {
        CudaStorage partials = null;
        if (table.partialBytes() > 0) {
            partials = memory.take(DType.UINT8, table.partialBytes());
            transfer.fill(partials, 0);
        }
        byte[] records = table.records(partials == null ? 0 : partials.address().value());
        CudaStorage tiles = memory.take(DType.UINT8, records.length);
        transfer.upload(records, tiles);
        return new Uploaded(tiles, partials, table.blocks());
    }

    @Override
    public void close() {
        known.values().forEach(Uploaded::release);
        known.clear();
    }
}
