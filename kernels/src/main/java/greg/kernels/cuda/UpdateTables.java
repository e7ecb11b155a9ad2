package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateSlot;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Update tables on the device. A table holds addresses and geometry, so these are its key: the gradients of the
 * next step are other storages, but the pool gives them the same addresses, and no step after the first uploads anything.
 * The {@value #KEPT} tables used last are kept, and those of a captured step until it is closed.
 */
final class UpdateTables implements AutoCloseable {
    /** Several networks may alternate; a table has about 100 KiB for a network of 25 million parameters. */
    static final int KEPT = 32;

    private static final int WORDS = 12;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    /** In the order of their last use. */
    private final Map<Key, Uploaded> known = new LinkedHashMap<>(KEPT, 0.75f, true);

    /** A table on the device. */
    record Uploaded(CudaStorage rows, CudaStorage tiles, int blocks) {
        /** Nothing to do: the purpose covers no slot. */
        boolean empty() {
            return blocks == 0;
        }
    }

    /** Everything that a table depends on. */
    private record Key(UpdateTable.Purpose purpose, long[] words) {
        static Key of(UpdateTable.Purpose purpose, List<UpdateSlot> slots) {
            long[] words = new long[WORDS * slots.size()];
            int at = 0;
            for (UpdateSlot slot : slots) {
                Objects.requireNonNull(slot.weight(), "update: a slot needs a weight");
                words[at] = address(slot.weight());
                words[at + 1] = address(slot.gradient());
                words[at + 2] = address(slot.momentum());
                words[at + 3] = address(slot.variance());
                words[at + 4] = address(slot.lambda());
                words[at + 5] = address(slot.mask());
                words[at + 6] = address(slot.l1());
                words[at + 7] = slot.weight().length();
                words[at + 8] = slot.lambda() == null ? 0 : slot.lambda().length();
                words[at + 9] = slot.l1() == null ? 0 : slot.l1().length();
                words[at + 10] = slot.groups() == null ? 0 : slot.groups().count();
                words[at + 11] = slot.groups() == null ? 0 : slot.groups().inner();
                at += WORDS;
            }
            return new Key(purpose, words);
        }

        /** The storage must be live: a table of released ones would write into memory that others own by now. */
        private static long address(Storage storage) {
            return storage == null ? 0 : CudaStorage.dense(storage).address().value();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && purpose == key.purpose && Arrays.equals(words, key.words);
        }

        @Override
        public int hashCode() {
            return 31 * purpose.ordinal() + Arrays.hashCode(words);
        }
    }

    UpdateTables(CudaContext context, DeviceMemory memory, TransferKernels transfer) {
        this.context = context;
        this.memory = memory;
        this.transfer = transfer;
    }

    /** The table for these slots. */
    Uploaded of(UpdateTable.Purpose purpose, List<UpdateSlot> slots) {
        Key key = Key.of(purpose, slots);
        for (UpdateSlot slot : slots) used(slot);
        Uploaded table = known.get(key);
        if (table != null) return table;
        if (known.size() == KEPT) {
            Iterator<Uploaded> oldest = known.values().iterator();
            release(oldest.next());
            oldest.remove();
        }
        table = upload(UpdateTable.of(purpose, slots));
        known.put(key, table);
        return table;
    }

    /** A table holds addresses that do not appear in a captured launch. */
    private void used(UpdateSlot slot) {
        context.uses(slot.weight());
        context.uses(slot.gradient());
        context.uses(slot.momentum());
        context.uses(slot.variance());
        context.uses(slot.lambda());
        context.uses(slot.mask());
        context.uses(slot.l1());
    }

    private Uploaded upload(UpdateTable table) {
        if (table.blocks() == 0) return new Uploaded(null, null, 0);
        CudaStorage rows = memory.take(DType.UINT8, table.rows().length);
        CudaStorage tiles = memory.take(DType.INT32, table.tiles().length);
        transfer.upload(table.rows(), rows);
        transfer.upload(table.tiles(), tiles);
        return new Uploaded(rows, tiles, table.blocks());
    }

    private static void release(Uploaded table) {
        if (table.empty()) return;
        table.rows().release();
        table.tiles().release();
    }

    @Override
    public void close() {
        known.values().forEach(UpdateTables::release);
        known.clear();
    }
}
