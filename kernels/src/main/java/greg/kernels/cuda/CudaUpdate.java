package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.cuda.UpdateTable.Purpose;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** {@code update_sgd.ptx} and {@code update_adam.ptx}: all parameters in one launch. */
final class CudaUpdate implements UpdateKernels, AutoCloseable {
    private static final int NESTEROV = 1;
    private static final int BLOCKED = 2;
    /** 1 - beta1^t in double, sqrt(1 - beta2^t) in float, padding. */
    private static final int STEP_BYTES = 16;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    private final UpdateTables tables;
    private CudaStorage step;

    CudaUpdate(CudaContext context, DeviceMemory memory, TransferKernels transfer, UpdateTables tables) {
        this.context = context;
        this.memory = memory;
        this.transfer = transfer;
        this.tables = tables;
    }

    @Override
    public void sgd(SgdSpec spec, Storage lr, List<UpdateSlot> slots) {
        UpdateTables.Uploaded table = tables.of(Purpose.UPDATE, slots);
        if (table.empty()) return;
        context.launch("update_sgd", "sgd")
                .add(table.rows())
                .add(table.tiles())
                .add(lr)
                .add(spec.momentum())
                .add(spec.weightDecay())
                .add((spec.nesterov() ? NESTEROV : 0) | (spec.blockLossGradient() ? BLOCKED : 0))
                .grid(table.blocks(), 1, 1);
        touch(slots);
    }

    @Override
    public void adam(AdamSpec spec, Storage lr, long step, List<UpdateSlot> slots) {
        UpdateTables.Uploaded table = tables.of(Purpose.UPDATE, slots);
        if (table.empty()) return;
        CudaStorage corrections = corrections(spec, step);
        context.launch("update_adam", "adam")
                .add(table.rows())
                .add(table.tiles())
                .add(lr)
                .add(corrections)
                .add((float) spec.beta1())
                .add((float) (1 - spec.beta1()))
                .add((float) spec.beta2())
                .add((float) (1 - spec.beta2()))
                .add((float) spec.weightDecay())
                .add((float) spec.eps())
                .grid(table.blocks(), 1, 1);
        touch(slots);
    }

    /** What changes from step to step lives in device memory, not in an argument. */
    private CudaStorage corrections(AdamSpec spec, long t) {
        if (step == null) step = memory.take(DType.UINT8, STEP_BYTES);
        ByteBuffer bytes = ByteBuffer.allocate(STEP_BYTES).order(ByteOrder.nativeOrder());
        bytes.putDouble(1 - Math.pow(spec.beta1(), t)).putFloat((float) Math.sqrt(1 - Math.pow(spec.beta2(), t)));
        transfer.upload(bytes.array(), step);
        return step;
    }

    private static void touch(List<UpdateSlot> slots) {
        for (UpdateSlot slot : slots) {
            slot.weight().touch();
            if (slot.momentum() != null) slot.momentum().touch();
            if (slot.variance() != null) slot.variance().touch();
            if (slot.l1() != null) slot.l1().touch();
        }
    }

    @Override
    public void close() {
        if (step != null) step.release();
        step = null;
    }
}
