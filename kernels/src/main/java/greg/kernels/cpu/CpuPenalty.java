package greg.kernels.cpu;

import greg.kernels.PenaltyKernels;
import greg.kernels.UpdateSlot;
import java.util.List;

/** The growing penalty's gradient and the group norms, by the same workers as the fused update. */
final class CpuPenalty implements PenaltyKernels {
    private final UpdateTeam team;

    CpuPenalty(UpdateTeam team) {
        this.team = team;
    }

    @Override
    public void addGradient(List<UpdateSlot> table) {
        team.run(table, (worker, slot) -> {
            if (slot.lambda() != null) worker.penalty(slot);
        });
        for (UpdateSlot slot : table) {
            if (slot.lambda() != null) slot.gradient().touch();
        }
    }

    @Override
    public void groupL1(List<UpdateSlot> table) {
        team.run(table, (worker, slot) -> {
            if (slot.l1() != null) worker.groupL1(slot);
        });
        for (UpdateSlot slot : table) {
            if (slot.l1() != null) slot.l1().touch();
        }
    }
}
