package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.Storage;
import greg.kernels.UpsampleNearestKernels;
import greg.kernels.spec.UpsampleNearestSpec;

/** One block of pixels after the other. */
final class ReferenceUpsampleNearest implements UpsampleNearestKernels {
    @Override
    public void forward(UpsampleNearestSpec s, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int nc = 0; nc < s.n() * s.channels(); nc++) {
            for (int p = 0; p < s.outH(); p++) {
                for (int q = 0; q < s.outW(); q++) {
                    y[(nc * s.outH() + p) * s.outW() + q] = x[(nc * s.h() + p / s.factorH()) * s.w() + q / s.factorW()];
                }
            }
        }
    }

    @Override
    public void backward(UpsampleNearestSpec s, Storage dys, Storage dxs) {
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        for (int nc = 0; nc < s.n() * s.channels(); nc++) {
            for (int h = 0; h < s.h(); h++) {
                for (int w = 0; w < s.w(); w++) {
                    double sum = 0;
                    for (int p = h * s.factorH(); p < (h + 1) * s.factorH(); p++) {
                        int row = (nc * s.outH() + p) * s.outW();
                        for (int q = w * s.factorW(); q < (w + 1) * s.factorW(); q++) sum += dy[row + q];
                    }
                    dx[(nc * s.h() + h) * s.w() + w] = (float) sum;
                }
            }
        }
    }
}
