package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.Pool2dKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.Pool2dSpec.Kind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** One window after the other; what is saved is the index of each maximum in its (H, W) plane. */
final class ReferencePool2d implements Pool2dKernels {
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** The rows [top, bottom) and columns [left, right) of x under a window, and its size with padding. */
    private record Window(int top, int bottom, int left, int right, int size) {
        static Window of(Pool2dSpec s, int p, int q) {
            int top = p * s.strideH() - s.padH();
            int left = q * s.strideW() - s.padW();
            int bottom = Math.min(top + s.kernelH(), s.h() + s.padH());
            int right = Math.min(left + s.kernelW(), s.w() + s.padW());
            return new Window(
                    Math.max(top, 0),
                    Math.min(bottom, s.h()),
                    Math.max(left, 0),
                    Math.min(right, s.w()),
                    (bottom - top) * (right - left));
        }
    }

    @Override
    public long savedBytes(Pool2dSpec s) {
        return s.kind() == Kind.MAX ? (long) Integer.BYTES * s.n() * s.channels() * s.outH() * s.outW() : 1;
    }

    @Override
    public void forward(Pool2dSpec s, Storage xs, Storage ys, Storage saved) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        byte[] argmax = saved == null || s.kind() == Kind.AVG ? null : ReferenceStorage.bytesOut(saved);
        int plane = s.outH() * s.outW();
        for (int p = 0; p < s.outH(); p++) {
            for (int q = 0; q < s.outW(); q++) {
                Window window = Window.of(s, p, q);
                for (int nc = 0; nc < s.n() * s.channels(); nc++) {
                    int start = nc * s.h() * s.w();
                    int out = nc * plane + p * s.outW() + q;
                    if (s.kind() == Kind.AVG) {
                        y[out] = (float) (sum(s, x, start, window) / window.size());
                    } else {
                        int index = argmax(s, x, start, window);
                        y[out] = x[start + index];
                        if (argmax != null) INTS.set(argmax, out * Integer.BYTES, index);
                    }
                }
            }
        }
    }

    private static double sum(Pool2dSpec s, float[] x, int start, Window window) {
        double sum = 0;
        for (int i = window.top(); i < window.bottom(); i++) {
            for (int j = window.left(); j < window.right(); j++) sum += x[start + i * s.w() + j];
        }
        return sum;
    }

    /** The first largest element in row order; a NaN is larger than any number, as in PyTorch. */
    private static int argmax(Pool2dSpec s, float[] x, int start, Window window) {
        int best = window.top() * s.w() + window.left();
        for (int i = window.top(); i < window.bottom(); i++) {
            for (int j = window.left(); j < window.right(); j++) {
                float value = x[start + i * s.w() + j];
                if (value > x[start + best] || Float.isNaN(value)) best = i * s.w() + j;
            }
        }
        return best;
    }

    @Override
    public void backward(Pool2dSpec s, Storage dys, Storage saved, Storage dxs) {
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        byte[] argmax = s.kind() == Kind.AVG ? null : ReferenceStorage.bytes(saved);
        double[] plane = new double[s.h() * s.w()];
        for (int nc = 0; nc < s.n() * s.channels(); nc++) {
            Arrays.fill(plane, 0);
            for (int p = 0; p < s.outH(); p++) {
                for (int q = 0; q < s.outW(); q++) {
                    int out = (nc * s.outH() + p) * s.outW() + q;
                    if (argmax != null) {
                        plane[(int) INTS.get(argmax, out * Integer.BYTES)] += dy[out];
                        continue;
                    }
                    Window window = Window.of(s, p, q);
                    for (int i = window.top(); i < window.bottom(); i++) {
                        for (int j = window.left(); j < window.right(); j++) {
                            plane[i * s.w() + j] += (double) dy[out] / window.size();
                        }
                    }
                }
            }
            for (int i = 0; i < plane.length; i++) dx[nc * plane.length + i] = (float) plane[i];
        }
    }

    @Override
    public void globalAverage(int n, int c, int h, int w, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int nc = 0; nc < n * c; nc++) {
            double sum = 0;
            for (int i = nc * h * w; i < (nc + 1) * h * w; i++) sum += x[i];
            y[nc] = (float) (sum / (h * w));
        }
    }

    @Override
    public void globalAverageBackward(int n, int c, int h, int w, Storage dys, Storage dxs) {
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        for (int i = 0; i < n * c * h * w; i++) dx[i] = (float) ((double) dy[i / (h * w)] / (h * w));
    }
}
