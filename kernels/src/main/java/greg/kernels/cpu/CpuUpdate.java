package greg.kernels.cpu;

import greg.kernels.Storage;
import greg.kernels.UpdateKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import java.util.List;

/** Optimizer steps in Java; a parameter is updated by one thread, so the result does not depend on their number. */
final class CpuUpdate implements UpdateKernels {
    private final UpdateTeam team;

    CpuUpdate(UpdateTeam team) {
        this.team = team;
    }

    @Override
    public void sgd(SgdSpec spec, Storage lr, List<UpdateSlot> table) {
        float rate = CpuStorage.dense(lr).block.get(0);
        team.run(table, (worker, slot) -> worker.sgd(spec, rate, slot));
        table.forEach(CpuUpdate::touch);
    }

    @Override
    public void adam(AdamSpec spec, Storage lr, long step, List<UpdateSlot> table) {
        float rate = CpuStorage.dense(lr).block.get(0);
        UpdateWorker.Adam constants = new UpdateWorker.Adam(
                (float) spec.beta1(),
                (float) (1 - spec.beta1()),
                (float) spec.beta2(),
                (float) (1 - spec.beta2()),
                (float) (-rate / spec.bias1(step)),
                spec.rootOfBias2(step),
                (float) spec.eps(),
                (float) spec.weightDecay());
        team.run(table, (worker, slot) -> worker.adam(constants, slot));
        table.forEach(CpuUpdate::touch);
    }

    private static void touch(UpdateSlot slot) {
        slot.weight().touch();
        if (slot.momentum() != null) slot.momentum().touch();
        if (slot.variance() != null) slot.variance().touch();
        if (slot.l1() != null) slot.l1().touch();
    }
}
