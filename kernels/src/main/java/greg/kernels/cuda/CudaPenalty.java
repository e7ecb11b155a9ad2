package greg.kernels.cuda;

import greg.kernels.PenaltyKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.cuda.UpdateTable.Purpose;
import java.util.List;

/** {@code penalty.ptx}: all parameters in one launch. */
final class CudaPenalty implements PenaltyKernels {
    private final CudaContext context;
    private final UpdateTables tables;

    CudaPenalty(CudaContext context, UpdateTables tables) {
        this.context = context;
        this.tables = tables;
    }

    @Override
    public void addGradient(List<UpdateSlot> table) {
        if (!run("penalty_gradient", Purpose.GRADIENT, table)) return;
        for (UpdateSlot slot : table) {
            if (slot.lambda() != null) slot.gradient().touch();
        }
    }

    @Override
    public void groupL1(List<UpdateSlot> table) {
        if (!run("penalty_l1", Purpose.L1, table)) return;
        for (UpdateSlot slot : table) {
            if (slot.l1() != null) slot.l1().touch();
        }
    }

    private boolean run(String entry, Purpose purpose, List<UpdateSlot> slots) {
        UpdateTables.Uploaded table = tables.of(purpose, slots);
        if (table.empty()) return false;
        context.launch("penalty", entry).add(table.rows()).add(table.tiles()).grid(table.blocks(), 1, 1);
        return true;
    }
}
