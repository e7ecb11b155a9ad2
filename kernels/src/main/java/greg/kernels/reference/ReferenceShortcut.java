package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.ShortcutKernels;
import greg.kernels.Storage;
import greg.kernels.spec.ShortcutSpec;
import java.util.Arrays;

/** Zeros, then the copied positions. */
final class ReferenceShortcut implements ShortcutKernels {
    @Override
    public void forward(ShortcutSpec s, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        Arrays.fill(y, 0);
        copy(s, x, y, true);
    }

    @Override
    public void backward(ShortcutSpec s, Storage dys, Storage dxs) {
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        Arrays.fill(dx, 0);
        copy(s, dx, dy, false);
    }

    /** Between x[n, sources[o], p stride, q stride] and y[n, o, p, q]. */
    private static void copy(ShortcutSpec s, float[] x, float[] y, boolean forward) {
        for (int n = 0; n < s.n(); n++) {
            for (int o = 0; o < s.outChannels(); o++) {
                int c = s.sources().get(o);
                if (c == ShortcutSpec.ZERO) continue;
                for (int p = 0; p < s.outH(); p++) {
                    for (int q = 0; q < s.outW(); q++) {
                        int in = ((n * s.inChannels() + c) * s.h() + p * s.stride()) * s.w() + q * s.stride();
                        int out = ((n * s.outChannels() + o) * s.outH() + p) * s.outW() + q;
                        if (forward) y[out] = x[in];
                        else x[in] = y[out];
                    }
                }
            }
        }
    }
}
