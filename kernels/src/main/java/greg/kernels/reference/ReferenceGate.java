package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.GateKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GateSpec;

/** One plane (H, W) after another, each with its factor. */
final class ReferenceGate implements GateKernels {
    @Override
    public void forward(GateSpec s, Storage xs, Storage gates, Storage ys) {
        float[] x = floats(xs);
        float[] gate = floats(gates);
        float[] y = floatsOut(ys);
        int plane = s.h() * s.w();
        for (int nc = 0; nc < s.n() * s.channels(); nc++) {
            for (int i = nc * plane; i < (nc + 1) * plane; i++) y[i] = x[i] * gate[nc];
        }
    }

    @Override
    public void backwardGate(GateSpec s, Storage xs, Storage dys, Storage dgates) {
        float[] x = floats(xs);
        float[] dy = floats(dys);
        float[] dgate = floatsOut(dgates);
        int plane = s.h() * s.w();
        for (int nc = 0; nc < s.n() * s.channels(); nc++) {
            double sum = 0;
            for (int i = nc * plane; i < (nc + 1) * plane; i++) sum += (double) dy[i] * x[i];
            dgate[nc] = (float) sum;
        }
    }
}
