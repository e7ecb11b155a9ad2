package greg.tensor.op;

import greg.kernels.Backend;
import greg.kernels.BatchNormKernels;
import greg.kernels.Collectives;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.tensor.Scope;

/**
 * Mean and variance of each channel over the batches of all ranks, and what follows from them for gradients. Every rank has the
 * part of the elements that its batch has; two sums over all ranks in the forward pass (the second of squares about the common mean,
 * which loses no digits) and one in the backward pass make it the normalization of the whole batch.
 */
final class SyncedStatistics {
    private final Backend backend;
    private final BatchNormSpec spec;
    private final Storage mean;
    private final Storage var;
    private final double[] deviation;
    /** N H W of all ranks together. */
    private final double count;

    /** Of x; updates the running statistics as {@link BatchNormKernels} says. */
    SyncedStatistics(
            Backend backend,
            BatchNormSpec spec,
            Storage x,
            Storage gamma,
            Storage beta,
            Storage runningMean,
            Storage runningVar) {
        this.backend = backend;
        this.spec = spec;
        int channels = spec.channels();
        mean = vector();
        var = vector();
        own(x, gamma, beta);
        float[] ownMean = get(mean);
        float[] ownVar = get(var);
        double elements = spec.reduction();
        double[] sums = new double[channels + 1];
        for (int c = 0; c < channels; c++) sums[c] = elements * ownMean[c];
        sums[channels] = elements;
        Collectives ranks = backend.collectives();
        ranks.sum(sums);
        count = sums[channels];
        double[] squares = new double[channels];
        for (int c = 0; c < channels; c++) {
            double away = ownMean[c] - sums[c] / count;
            squares[c] = ownVar[c] * (elements - 1) + elements * away * away;
        }
        ranks.sum(squares);
        float[] all = new float[channels];
        float[] biased = new float[channels];
        float[] newMean = get(runningMean);
        float[] newVar = get(runningVar);
        deviation = new double[channels];
        for (int c = 0; c < channels; c++) {
            all[c] = (float) (sums[c] / count);
            biased[c] = (float) (squares[c] / count);
            deviation[c] = Math.sqrt(biased[c] + (double) spec.eps());
            newMean[c] += spec.momentum() * (all[c] - newMean[c]);
            newVar[c] += (float) (spec.momentum() * (squares[c] / (count - 1) - newVar[c]));
        }
        put(all, mean);
        put(biased, var);
        put(newMean, runningMean);
        put(newVar, runningVar);
    }

    /** Mean and unbiased variance of this rank's elements: the running statistics of momentum 1. */
    private void own(Storage x, Storage gamma, Storage beta) {
        BatchNormSpec plain =
                new BatchNormSpec(spec.n(), spec.channels(), spec.h(), spec.w(), spec.eps(), 1, Fusion.NONE);
        BatchNormKernels kernels = backend.batchNorm();
        Storage y = backend.memory().activation(dims());
        Storage saved = backend.memory().allocate(DType.UINT8, kernels.savedBytes(plain));
        backend.transfer().fill(mean, 0);
        backend.transfer().fill(var, 0);
        kernels.forwardTraining(plain, x, null, gamma, beta, mean, var, y, saved);
        y.release();
        saved.release();
    }

    Storage mean() {
        return mean;
    }

    /** The biased one. */
    Storage var() {
        return var;
    }

    /**
     * Completes the gradient of x. With constant statistics it is dx = gamma g / s; that mean and variance depend on x too
     * subtracts gamma / s (sum g + xhat sum(g xhat)) / M, with sums over all ranks.
     *
     * @param dx with constant statistics; is changed
     * @param dgamma sum(g xhat) of this rank
     * @param dbeta sum(g) of this rank
     */
    void complete(Storage x, Storage gamma, Storage dx, Storage dgamma, Storage dbeta) {
        int channels = spec.channels();
        float[] ownProducts = get(dgamma);
        float[] ownSums = get(dbeta);
        double[] sums = new double[2 * channels];
        for (int c = 0; c < channels; c++) {
            sums[c] = ownSums[c];
            sums[channels + c] = ownProducts[c];
        }
        backend.collectives().sum(sums);
        float[] scale = get(gamma);
        float[] slope = new float[channels];
        float[] shift = new float[channels];
        for (int c = 0; c < channels; c++) {
            double factor = -scale[c] / deviation[c] / count;
            shift[c] = (float) (factor * sums[c]);
            slope[c] = (float) (factor * sums[channels + c]);
        }
        Storage slopes = vector();
        Storage shifts = vector();
        put(slope, slopes);
        put(shift, shifts);
        BatchNormSpec plain =
                new BatchNormSpec(spec.n(), channels, spec.h(), spec.w(), spec.eps(), spec.momentum(), Fusion.NONE);
        Storage through = backend.memory().activation(dims());
        backend.batchNorm().forwardInference(plain, x, null, slopes, shifts, mean, var, through);
        backend.elementwise().add(dims(), dx, through, dx);
        through.release();
    }

    private int[] dims() {
        return new int[] {spec.n(), spec.channels(), spec.h(), spec.w()};
    }

    private Storage vector() {
        return Scope.current().own(backend.memory().allocate(DType.FLOAT32, spec.channels()));
    }

    private float[] get(Storage vector) {
        float[] values = new float[spec.channels()];
        backend.transfer().download(vector, new int[] {values.length}, values);
        return values;
    }

    private void put(float[] values, Storage vector) {
        backend.transfer().upload(values, vector);
    }
}
