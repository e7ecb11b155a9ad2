package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.ElementwiseKernels;
import greg.kernels.Philox;
import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;

/** One element after the other; each is read before it is written, so outputs may be inputs. */
final class ReferenceElementwise implements ElementwiseKernels {
    @Override
    public void relu(int[] dims, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = relu(x[i]);
    }

    @Override
    public void reluBackward(int[] dims, Storage ys, Storage dys, Storage dxs) {
        float[] y = floats(ys);
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        for (int i = 0; i < count(dims); i++) dx[i] = y[i] > 0 ? dy[i] : 0;
    }

    @Override
    public void relu6(int[] dims, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = x[i] >= 6 ? 6 : relu(x[i]);
    }

    @Override
    public void relu6Backward(int[] dims, Storage ys, Storage dys, Storage dxs) {
        float[] y = floats(ys);
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        for (int i = 0; i < count(dims); i++) dx[i] = y[i] > 0 && y[i] < 6 ? dy[i] : 0;
    }

    @Override
    public void sigmoid(int[] dims, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = (float) sigmoid(x[i]);
    }

    @Override
    public void sigmoidBackward(int[] dims, Storage ys, Storage dys, Storage dxs) {
        float[] y = floats(ys);
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        for (int i = 0; i < count(dims); i++) dx[i] = (float) (dy[i] * (y[i] * (1.0 - y[i])));
    }

    @Override
    public void silu(int[] dims, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = (float) (x[i] * sigmoid(x[i]));
    }

    @Override
    public void siluBackward(int[] dims, Storage xs, Storage dys, Storage dxs) {
        float[] x = floats(xs);
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        for (int i = 0; i < count(dims); i++) {
            double s = sigmoid(x[i]);
            dx[i] = (float) (dy[i] * (s * (1 + x[i] * (1 - s))));
        }
    }

    @Override
    public void dropout(int[] dims, float rate, long seed, long step, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        float scale = (float) (1 / (1 - (double) rate));
        int[] words = new int[4];
        for (int i = 0; i < count(dims); i++) {
            if (i % 4 == 0) Philox.block(seed, i / 4, Philox.DROPOUT + (step << 32), words);
            y[i] = Philox.uniform24(words[i % 4]) < rate ? 0 : x[i] * scale;
        }
    }

    @Override
    public void add(int[] dims, Storage as, Storage bs, Storage ys) {
        float[] a = floats(as);
        float[] b = floats(bs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = a[i] + b[i];
    }

    @Override
    public void multiply(int[] dims, Storage as, Storage bs, Storage ys) {
        float[] a = floats(as);
        float[] b = floats(bs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = a[i] * b[i];
    }

    @Override
    public void scale(int[] dims, float alpha, Storage xs, Storage ys) {
        float[] x = floats(xs);
        float[] y = floatsOut(ys);
        for (int i = 0; i < count(dims); i++) y[i] = alpha * x[i];
    }

    @Override
    public void scale(int[] dims, Storage alpha, Storage xs, Storage ys) {
        scale(dims, floats(alpha)[0], xs, ys);
    }

    @Override
    public void bias(BiasSpec spec, Storage xs, Storage biases, Storage ys) {
        float[] x = floats(xs);
        float[] bias = floats(biases);
        float[] y = floatsOut(ys);
        int plane = spec.h() * spec.w();
        for (int i = 0; i < count(spec.dims()); i++) {
            float sum = x[i] + bias[i / plane % spec.channels()];
            y[i] = spec.relu() ? relu(sum) : sum;
        }
    }

    @Override
    public void biasBackward(BiasSpec spec, Storage dys, Storage dbiases) {
        float[] dy = floats(dys);
        float[] dbias = floatsOut(dbiases);
        int plane = spec.h() * spec.w();
        for (int c = 0; c < spec.channels(); c++) {
            double sum = 0;
            for (int n = 0; n < spec.n(); n++) {
                int start = (n * spec.channels() + c) * plane;
                for (int s = start; s < start + plane; s++) sum += dy[s];
            }
            dbias[c] = (float) sum;
        }
    }

    /** max(x, 0), but NaN stays NaN and -0 becomes 0. */
    static float relu(float x) {
        return x <= 0 ? 0 : x;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static int count(int[] dims) {
        int count = 1;
        for (int dim : dims) count = Math.multiplyExact(count, dim);
        return count;
    }
}
