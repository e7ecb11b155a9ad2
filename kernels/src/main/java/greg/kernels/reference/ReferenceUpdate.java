package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.Storage;
import greg.kernels.UpdateKernels;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import java.util.List;

/**
 * The steps as {@link UpdateKernels} writes them. Unlike the rest of this backend they compute in float32, rounding in
 * the prescribed places: an optimizer is a recurrence, and only so are the numbers still the same after ten thousand steps.
 */
final class ReferenceUpdate implements UpdateKernels {
    @Override
    public void sgd(SgdSpec spec, Storage lr, List<UpdateSlot> table) {
        float rate = floats(lr)[0];
        float momentum = spec.momentum();
        for (UpdateSlot slot : table) {
            float[] w = floatsOut(slot.weight());
            float[] v = slot.momentum() == null ? null : floatsOut(slot.momentum());
            for (int i = 0; i < w.length; i++) {
                float g = Math.fma(spec.weightDecay(), w[i], penalised(slot, i, w[i], spec.blockLossGradient()));
                float step = g;
                if (v != null) {
                    v[i] = momentum * v[i] + g;
                    step = spec.nesterov() ? Math.fma(momentum, v[i], g) : v[i];
                }
                w[i] = Math.fma(-rate, step, w[i]);
            }
            finish(slot, w);
        }
    }

    @Override
    public void adam(AdamSpec spec, Storage lr, long step, List<UpdateSlot> table) {
        float beta1 = (float) spec.beta1();
        float beta2 = (float) spec.beta2();
        float rest1 = (float) (1 - spec.beta1());
        float rest2 = (float) (1 - spec.beta2());
        float rate = (float) (-floats(lr)[0] / spec.bias1(step));
        float correction = spec.rootOfBias2(step);
        for (UpdateSlot slot : table) {
            float[] w = floatsOut(slot.weight());
            float[] m = floatsOut(slot.momentum());
            float[] v = floatsOut(slot.variance());
            for (int i = 0; i < w.length; i++) {
                float g = Math.fma((float) spec.weightDecay(), w[i], penalised(slot, i, w[i], false));
                m[i] = Math.fma(rest1, g, beta1 * m[i]);
                v[i] = Math.fma(rest2 * g, g, beta2 * v[i]);
                float denominator = (float) Math.sqrt(v[i]) / correction + (float) spec.eps();
                w[i] = w[i] + rate * m[i] / denominator;
            }
            finish(slot, w);
        }
    }

    /** gradient + lambda[group] w, or lambda[group] w alone when the gradient of the loss is blocked. */
    private static float penalised(UpdateSlot slot, int i, float w, boolean blocked) {
        float gradient = floats(slot.gradient())[i];
        if (slot.lambda() == null) return gradient;
        float penalty = floats(slot.lambda())[slot.firstGroup() + slot.groups().of(i)] * w;
        return blocked ? penalty : gradient + penalty;
    }

    /** The mask, and the L1 sums of the new weights. */
    private static void finish(UpdateSlot slot, float[] w) {
        if (slot.mask() != null) {
            float[] mask = floats(slot.mask());
            for (int i = 0; i < w.length; i++) w[i] *= mask[i];
        }
        if (slot.l1() != null) ReferencePenalty.groupL1(w, slot.groups(), slot.l1(), slot.firstGroup());
    }
}
