package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateSlot;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Update tables on the device. They are made at the first step and used again until the slots change. */
final class UpdateTables implements AutoCloseable {
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    private final Map<UpdateTable.Purpose, Uploaded> current = new EnumMap<>(UpdateTable.Purpose.class);

    /** A table on the device, and the slots that it was made from. */
    record Uploaded(List<UpdateSlot> slots, CudaStorage rows, CudaStorage tiles, int blocks) {
        /** Nothing to do: no slot serves the purpose. */
        boolean empty() {
            return blocks == 0;
        }
    }

    UpdateTables(DeviceMemory memory, TransferKernels transfer) {
        this.memory = memory;
        this.transfer = transfer;
    }

    /** The table for these slots. */
    Uploaded of(UpdateTable.Purpose purpose, List<UpdateSlot> slots) {
        slots.forEach(UpdateTables::checkLive);
        Uploaded known = current.get(purpose);
        if (known != null && known.slots().equals(slots)) return known;
        if (known != null) release(current.remove(purpose));
        UpdateTable table = UpdateTable.of(purpose, slots);
        Uploaded made = new Uploaded(new ArrayList<>(slots), null, null, 0);
        if (table.blocks() > 0) {
            CudaStorage rows = memory.take(DType.UINT8, table.rows().length);
            CudaStorage tiles = memory.take(DType.INT32, table.tiles().length);
            transfer.upload(table.rows(), rows);
            transfer.upload(table.tiles(), tiles);
            made = new Uploaded(made.slots(), rows, tiles, table.blocks());
        }
        current.put(purpose, made);
        return made;
    }

    /** A table of the addresses of released storages would write into what others own by now. */
    private static void checkLive(UpdateSlot slot) {
        Storage[] storages = {
            slot.weight(), slot.gradient(), slot.momentum(), slot.variance(), slot.lambda(), slot.mask(), slot.l1()
        };
        for (Storage storage : storages) {
            if (storage != null) CudaStorage.dense(storage);
        }
        Objects.requireNonNull(slot.weight(), "update: a slot needs a weight");
    }

    private static void release(Uploaded table) {
        if (table.empty()) return;
        table.rows().release();
        table.tiles().release();
    }

    @Override
    public void close() {
        current.values().forEach(UpdateTables::release);
        current.clear();
    }
}
