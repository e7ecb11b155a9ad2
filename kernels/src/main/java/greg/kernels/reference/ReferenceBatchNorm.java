package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.BatchNormKernels;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Two passes over each channel: statistics, then the affine map. */
final class ReferenceBatchNorm implements BatchNormKernels {
    private static final VarHandle DOUBLES =
            MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

    /** Two doubles per channel: the batch's mean and 1/sqrt(var + eps). */
    @Override
    public long savedBytes(BatchNormSpec spec) {
        return 2L * Double.BYTES * spec.channels();
    }

    @Override
    public void forwardTraining(
            BatchNormSpec spec,
            Storage xs,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage runningMeans,
            Storage runningVars,
            Storage ys,
            Storage saved) {
        float[] x = floats(xs);
        float[] runningMean = floatsOut(runningMeans);
        float[] runningVar = floatsOut(runningVars);
        byte[] statistics = ReferenceStorage.bytesOut(saved);
        double count = spec.reduction();
        int plane = spec.h() * spec.w();
        for (int c = 0; c < spec.channels(); c++) {
            double sum = 0;
            for (int n = 0; n < spec.n(); n++) {
                int start = (n * spec.channels() + c) * plane;
                for (int i = start; i < start + plane; i++) sum += x[i];
            }
            double mean = sum / count;
            double squares = 0;
            for (int n = 0; n < spec.n(); n++) {
                int start = (n * spec.channels() + c) * plane;
                for (int i = start; i < start + plane; i++) squares += (x[i] - mean) * (x[i] - mean);
            }
            double momentum = spec.momentum();
            runningMean[c] = (float) ((1 - momentum) * runningMean[c] + momentum * mean);
            runningVar[c] = (float) ((1 - momentum) * runningVar[c] + momentum * squares / (count - 1));
            double invStd = 1 / Math.sqrt(squares / count + spec.eps());
            setMean(statistics, c, mean);
            setInvStd(statistics, c, invStd);
            normalize(spec, c, mean, invStd, x, residual, gamma, beta, ys);
        }
    }

    @Override
    public void forwardInference(
            BatchNormSpec spec,
            Storage xs,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage runningMean,
            Storage runningVar,
            Storage ys) {
        for (int c = 0; c < spec.channels(); c++) {
            double invStd = 1 / Math.sqrt((double) floats(runningVar)[c] + spec.eps());
            normalize(spec, c, floats(runningMean)[c], invStd, floats(xs), residual, gamma, beta, ys);
        }
    }

    /** y = act(gamma (x - mean) invStd + beta [+ residual]) for one channel. */
    private static void normalize(
            BatchNormSpec spec,
            int c,
            double mean,
            double invStd,
            float[] x,
            Storage residuals,
            Storage gammas,
            Storage betas,
            Storage ys) {
        float[] residual = spec.fusion() == Fusion.ADD_RELU ? floats(residuals) : null;
        double gamma = floats(gammas)[c];
        double beta = floats(betas)[c];
        float[] y = floatsOut(ys);
        int plane = spec.h() * spec.w();
        for (int n = 0; n < spec.n(); n++) {
            int start = (n * spec.channels() + c) * plane;
            for (int i = start; i < start + plane; i++) {
                double value = gamma * (x[i] - mean) * invStd + beta;
                if (residual != null) value += residual[i];
                y[i] = spec.fusion() == Fusion.NONE ? (float) value : ReferenceElementwise.relu((float) value);
            }
        }
    }

    /**
     * With g = dy masked by the ReLU (and d residual = g), xhat = (x - mean) invStd and M elements per channel: dbeta =
     * sum g, dgamma = sum g xhat, dx = gamma invStd (g - dbeta / M - xhat dgamma / M).
     */
    @Override
    public void backward(
            BatchNormSpec spec,
            Storage xs,
            Storage ys,
            Storage gammas,
            Storage betas,
            Storage saved,
            Storage dys,
            Storage dxs,
            Storage dresiduals,
            Storage dgammas,
            Storage dbetas) {
        float[] x = floats(xs);
        float[] y = spec.fusion() == Fusion.NONE ? null : floats(ys);
        float[] dy = floats(dys);
        float[] dx = floatsOut(dxs);
        float[] dresidual = spec.fusion() == Fusion.ADD_RELU ? floatsOut(dresiduals) : null;
        byte[] statistics = ReferenceStorage.bytes(saved);
        double count = spec.reduction();
        int plane = spec.h() * spec.w();
        for (int c = 0; c < spec.channels(); c++) {
            double mean = mean(statistics, c);
            double invStd = invStd(statistics, c);
            double sum = 0;
            double product = 0;
            for (int n = 0; n < spec.n(); n++) {
                int start = (n * spec.channels() + c) * plane;
                for (int i = start; i < start + plane; i++) {
                    double g = y == null || y[i] > 0 ? dy[i] : 0;
                    sum += g;
                    product += g * (x[i] - mean) * invStd;
                }
            }
            floatsOut(dbetas)[c] = (float) sum;
            floatsOut(dgammas)[c] = (float) product;
            double scale = floats(gammas)[c] * invStd;
            for (int n = 0; n < spec.n(); n++) {
                int start = (n * spec.channels() + c) * plane;
                for (int i = start; i < start + plane; i++) {
                    float g = y == null || y[i] > 0 ? dy[i] : 0;
                    if (dresidual != null) dresidual[i] = g;
                    dx[i] = (float) (scale * (g - sum / count - (x[i] - mean) * invStd * product / count));
                }
            }
        }
    }

    @Override
    public void backwardInference(
            BatchNormSpec spec,
            Storage xs,
            Storage ys,
            Storage gammas,
            Storage runningMeans,
            Storage runningVars,
            Storage dys,
            Storage dxs,
            Storage dresiduals,
            Storage dgammas,
            Storage dbetas) {
        float[] x = floats(xs);
        float[] y = spec.fusion() == Fusion.NONE ? null : floats(ys);
        float[] dy = floats(dys);
        float[] dx = dxs == null ? null : floatsOut(dxs);
        float[] dresidual = dresiduals == null ? null : floatsOut(dresiduals);
        int plane = spec.h() * spec.w();
        for (int c = 0; c < spec.channels(); c++) {
            double mean = floats(runningMeans)[c];
            double invStd = 1 / Math.sqrt((double) floats(runningVars)[c] + spec.eps());
            double gamma = floats(gammas)[c];
            double sum = 0;
            double product = 0;
            for (int n = 0; n < spec.n(); n++) {
                int start = (n * spec.channels() + c) * plane;
                for (int i = start; i < start + plane; i++) {
                    float g = y == null || y[i] > 0 ? dy[i] : 0;
                    sum += g;
                    product += g * (x[i] - mean) * invStd;
                    if (dresidual != null) dresidual[i] = g;
                    if (dx != null) dx[i] = (float) (gamma * invStd * g);
                }
            }
            if (dbetas != null) floatsOut(dbetas)[c] = (float) sum;
            if (dgammas != null) floatsOut(dgammas)[c] = (float) product;
        }
    }

    private static double mean(byte[] saved, int c) {
        return (double) DOUBLES.get(saved, 2 * c * Double.BYTES);
    }

    private static double invStd(byte[] saved, int c) {
        return (double) DOUBLES.get(saved, (2 * c + 1) * Double.BYTES);
    }

    private static void setMean(byte[] saved, int c, double mean) {
        DOUBLES.set(saved, 2 * c * Double.BYTES, mean);
    }

    private static void setInvStd(byte[] saved, int c, double invStd) {
        DOUBLES.set(saved, (2 * c + 1) * Double.BYTES, invStd);
    }
}
