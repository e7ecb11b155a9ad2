package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.PenaltyKernels;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import java.util.List;

/** Slot by slot, weight by weight. */
final class ReferencePenalty implements PenaltyKernels {
    @Override
    public void addGradient(List<UpdateSlot> table) {
        for (UpdateSlot slot : table) {
            if (slot.lambda() == null) continue;
            float[] w = floats(slot.weight());
            float[] lambda = floats(slot.lambda());
            float[] gradient = floatsOut(slot.gradient());
            for (int i = 0; i < w.length; i++) {
                gradient[i] =
                        gradient[i] + lambda[slot.firstGroup() + slot.groups().of(i)] * w[i];
            }
        }
    }

    @Override
    public void groupL1(List<UpdateSlot> table) {
        for (UpdateSlot slot : table) {
            if (slot.l1() != null) groupL1(floats(slot.weight()), slot.groups(), slot.l1(), slot.firstGroup());
        }
    }

    /** l1[first + g] = sum of |w| over group g, added in double from the first weight to the last. */
    static void groupL1(float[] w, GroupIndex groups, Storage l1, int first) {
        double[] sums = new double[groups.count()];
        for (int i = 0; i < w.length; i++) sums[groups.of(i)] += Math.abs(w[i]);
        float[] out = floatsOut(l1);
        for (int g = 0; g < sums.length; g++) out[first + g] = (float) sums[g];
    }
}
