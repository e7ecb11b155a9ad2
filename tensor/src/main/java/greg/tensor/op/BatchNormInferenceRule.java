package greg.tensor.op;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;

/**
 * Gradients of batch normalisation with the running statistics, which are constants then: with g = dy behind the ReLU's
 * mask and s = 1 / sqrt(running_var + eps), dx = gamma s g, dresidual = g, dbeta = sum g and dgamma = sum g (x -
 * running_mean) s. Training never asks for them, studies of a trained network do, so one rule in double on the host serves
 * every backend.
 */
final class BatchNormInferenceRule {
    private final BatchNormSpec spec;
    private final TransferKernels transfer;

    BatchNormInferenceRule(BatchNormSpec spec, Backend backend) {
        this.spec = spec;
        this.transfer = backend.transfer();
    }

    private float[] activation(Storage storage) {
        float[] values = new float[(int) storage.length()];
        transfer.download(storage, spec.dims(), values);
        return values;
    }

    private float[] channels(Storage storage) {
        float[] values = new float[spec.channels()];
        transfer.download(storage, new int[] {spec.channels()}, values);
        return values;
    }

    private int channel(int element) {
        return element / (spec.h() * spec.w()) % spec.channels();
    }

    private double[] scales(Storage runningVar) {
        double[] scales = new double[spec.channels()];
        float[] var = channels(runningVar);
        for (int c = 0; c < scales.length; c++) scales[c] = 1 / Math.sqrt((double) var[c] + spec.eps());
        return scales;
    }

    /** Writes g, which is the residual's gradient too, to {@code out}. */
    float[] masked(Storage y, Storage dy, Storage out) {
        float[] g = activation(dy);
        if (spec.fusion() != Fusion.NONE) {
            float[] output = activation(y);
            for (int i = 0; i < g.length; i++) if (!(output[i] > 0)) g[i] = 0;
        }
        if (out != null) transfer.upload(g, out);
        return g;
    }

    /** Writes dx. */
    void input(float[] g, Storage gamma, Storage runningVar, Storage dx) {
        float[] weight = channels(gamma);
        double[] scales = scales(runningVar);
        float[] gradient = new float[g.length];
        for (int i = 0; i < g.length; i++) gradient[i] = (float) (weight[channel(i)] * scales[channel(i)] * g[i]);
        transfer.upload(gradient, dx);
    }

    /** Writes dgamma. */
    void weight(float[] g, Storage x, Storage runningMean, Storage runningVar, Storage dgamma) {
        float[] input = activation(x);
        float[] mean = channels(runningMean);
        double[] scales = scales(runningVar);
        double[] sums = new double[spec.channels()];
        for (int i = 0; i < g.length; i++) {
            int c = channel(i);
            sums[c] += g[i] * (input[i] - (double) mean[c]) * scales[c];
        }
        write(sums, dgamma);
    }

    /** Writes dbeta. */
    void bias(float[] g, Storage dbeta) {
        double[] sums = new double[spec.channels()];
        for (int i = 0; i < g.length; i++) sums[channel(i)] += g[i];
        write(sums, dbeta);
    }

    private void write(double[] sums, Storage out) {
        float[] values = new float[sums.length];
        for (int c = 0; c < sums.length; c++) values[c] = (float) sums[c];
        transfer.upload(values, out);
    }
}
