package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.ConcatKernels;
import greg.kernels.Storage;
import greg.kernels.spec.ConcatSpec;
import java.util.List;

/** Image by image, the planes of each input. */
final class ReferenceConcat implements ConcatKernels {
    @Override
    public void forward(ConcatSpec s, List<Storage> xs, Storage ys) {
        float[] y = floatsOut(ys);
        int plane = s.h() * s.w();
        for (int i = 0; i < xs.size(); i++) {
            float[] x = floats(xs.get(i));
            int length = s.channels().get(i) * plane;
            for (int n = 0; n < s.n(); n++) {
                System.arraycopy(x, n * length, y, (n * s.outChannels() + s.offset(i)) * plane, length);
            }
        }
    }

    @Override
    public void backward(ConcatSpec s, int input, Storage dys, Storage dxs) {
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        int plane = s.h() * s.w();
        int length = s.channels().get(input) * plane;
        for (int n = 0; n < s.n(); n++) {
            System.arraycopy(dy, (n * s.outChannels() + s.offset(input)) * plane, dx, n * length, length);
        }
    }
}
