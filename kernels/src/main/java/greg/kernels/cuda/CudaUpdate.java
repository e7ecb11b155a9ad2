package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.cuda.UpdateTable.Purpose;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code update_sgd.ptx} and {@code update_adam.ptx}: all parameters in one launch. */
final class CudaUpdate implements UpdateKernels, AutoCloseable {
    private static final int NESTEROV = 1;
    private static final int BLOCKED = 2;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    private final UpdateTables tables;
    private final Map<Betas, CudaStorage> corrections = new HashMap<>();
    private CudaStorage row;

    /** What the corrections depend on. */
    private record Betas(double first, double second) {}

    CudaUpdate(CudaContext context, DeviceMemory memory, TransferKernels transfer, UpdateTables tables) {
        this.context = context;
        this.memory = memory;
        this.transfer = transfer;
        this.tables = tables;
    }

    @Override
    public void sgd(SgdSpec spec, Storage lr, List<UpdateSlot> slots) {
        tables.run(Purpose.UPDATE, slots, table -> context.launch("update_sgd", "sgd", memory.activationType())
                .add(table.tiles())
                .add(lr)
                .add(spec.momentum())
                .add(spec.weightDecay())
                .add((spec.nesterov() ? NESTEROV : 0) | (spec.blockLossGradient() ? BLOCKED : 0))
                .grid(table.blocks(), 1, 1));
    }

    @Override
    public void adam(AdamSpec spec, Storage lr, long step, List<UpdateSlot> slots) {
        tables.run(Purpose.UPDATE, slots, table -> {
            CudaStorage now = number(spec, step, lr);
            context.launch("update_adam", "adam", memory.activationType())
                    .add(table.tiles())
                    .add(now)
                    .add((float) spec.beta1())
                    .add((float) (1 - spec.beta1()))
                    .add((float) spec.beta2())
                    .add((float) (1 - spec.beta2()))
                    .add((float) spec.weightDecay())
                    .add((float) spec.eps())
                    .grid(table.blocks(), 1, 1);
        });
    }

    /** Rate and correction of this step, on the device; in a captured step, those of each replay. */
    private CudaStorage number(AdamSpec spec, long step, Storage lr) {
        CudaStorage rows = corrections(spec);
        if (row == null) row = memory.take(DType.FLOAT32, 2);
        if (context.capturing()) context.capture().countsSteps(lr);
        context.launch("step", "adam_step")
                .add(rows)
                .add(rows.length() / AdamCorrections.ROW_BYTES - 1)
                .add(step)
                .add(context.counters())
                .add(lr)
                .add(row)
                .grid(1, 1, 1);
        return row;
    }

    private CudaStorage corrections(AdamSpec spec) {
        return corrections.computeIfAbsent(new Betas(spec.beta1(), spec.beta2()), betas -> {
            byte[] rows = AdamCorrections.of(spec);
            CudaStorage storage = memory.take(DType.UINT8, rows.length);
            transfer.upload(rows, storage);
            return storage;
        });
    }

    @Override
    public void close() {
        corrections.values().forEach(Storage::release);
        corrections.clear();
        if (row != null) row.release();
        row = null;
    }
}
