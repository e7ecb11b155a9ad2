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
        run("penalty_gradient", Purpose.GRADIENT, table);
    }

    @Override
    public void groupL1(List<UpdateSlot> table) {
        run("penalty_l1", Purpose.L1, table);
    }

    private void run(String entry, Purpose purpose, List<UpdateSlot> slots) {
        tables.run(purpose, slots, table -> context.launch("penalty", entry)
                .add(table.tiles())
                .grid(table.blocks(), 1, 1));
    }
}
