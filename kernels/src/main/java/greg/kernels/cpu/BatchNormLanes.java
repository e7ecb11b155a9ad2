package greg.kernels.cpu;

import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;

/**
 * Batch normalization of channel counts that do not fill vector registers. oneDNN has only scalar loops for them, which
 * take 8 to 40 times as long. Channels-last data of C channels is, byte for byte, data of k C channels with a k-th of the
 * pixels; k is such that k C is a multiple of 16. Each of these lanes has its own statistics:
 *
 * <p>mean[c] = 1/k sum of mean[lane], var[c] = 1/k sum of (var[lane] + (mean[lane] - mean[c])^2).
 *
 * <p>So a training pass first takes the lanes' statistics, then normalizes with given ones. In the backward pass, oneDNN's
 * gradient for constant statistics is corrected by what passes through them: dx = gamma rstd dy - gamma rstd / M (dbeta +
 * dgamma xhat), whose last term is a normalization of x with another scale and shift.
 */
final class BatchNormLanes {
    private final HostMemory memory;
    private final CpuElementwise elementwise;
    private float[] lanes = new float[0];
    private float[] other = new float[0];
    private float[][] values = new float[4][0];

    BatchNormLanes(HostMemory memory, CpuElementwise elementwise) {
        this.memory = memory;
        this.elementwise = elementwise;
    }

    /** How many pixels to treat as one; 1 where the channels are a multiple of 16 or the pixels are not divisible. */
    static int copies(BatchNormSpec spec) {
        int copies = Layout.BLOCK / Integer.lowestOneBit(spec.channels() | Layout.BLOCK);
        return spec.reduction() % copies == 0 ? copies : 1;
    }

    private void begin(int channels, int copies) {
        if (lanes.length < channels * copies) {
            lanes = new float[channels * copies];
            other = new float[channels * copies];
        }
        if (values[0].length < channels) values = new float[4][channels];
    }

    /** A temporary with the first {@code channels} values, {@code copies} times over. */
    private CpuStorage repeat(float[] source, int channels, int copies) {
        for (int k = 0; k < copies; k++) System.arraycopy(source, 0, lanes, k * channels, channels);
        CpuStorage repeated = memory.temporary((long) channels * copies);
        repeated.block.write(0, lanes, 0, channels * copies);
        return repeated;
    }

    private CpuStorage repeat(Storage source, int channels, int copies) {
        CpuStorage.dense(source).block.read(0, values[3], 0, channels);
        return repeat(values[3], channels, copies);
    }

    /** Batch mean and variance of x into {@code saved}, at 0 and at float {@code varianceAt}; y is overwritten. */
    void statistics(
            BatchNormSpec spec, BatchNormPlan plan, CpuStorage x, CpuStorage y, CpuStorage saved, long varianceAt) {
        int channels = spec.channels();
        int copies = plan.copies();
        int wide = channels * copies;
        begin(channels, copies);
        CpuStorage mean = memory.temporary(wide);
        CpuStorage var = memory.temporary(wide);
        plan.statistics().bind(0, x).bind(1, y).bind(2, mean).bind(3, var).run();
        mean.block.read(0, lanes, 0, wide);
        var.block.read(0, other, 0, wide);
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int l = c; l < wide; l += channels) sum += lanes[l];
            double center = sum / copies;
            double squares = 0;
            for (int l = c; l < wide; l += channels) {
                double apart = lanes[l] - center;
                squares += other[l] + apart * apart;
            }
            values[0][c] = (float) center;
            values[1][c] = (float) (squares / copies);
        }
        saved.block.write(0, values[0], 0, channels);
        saved.block.write(varianceAt, values[1], 0, channels);
        mean.release();
        var.release();
    }

    /** y from given statistics, the variance from float {@code varAt} on; the mask is bound already. */
    void forward(
            BatchNormSpec spec,
            BatchNormPlan plan,
            CpuStorage x,
            CpuStorage y,
            CpuStorage mean,
            CpuStorage var,
            long varAt,
            Storage gamma,
            Storage beta) {
        int channels = spec.channels();
        int copies = plan.copies();
        begin(channels, copies);
        mean.block.read(0, values[0], 0, channels);
        var.block.read(varAt, values[1], 0, channels);
        CpuStorage[] wide = {
            repeat(values[0], channels, copies),
            repeat(values[1], channels, copies),
            repeat(gamma, channels, copies),
            repeat(beta, channels, copies)
        };
        plan.forward().bind(0, x).bind(1, y);
        for (int i = 0; i < wide.length; i++) plan.forward().bind(2 + i, wide[i]);
        plan.forward().run();
        for (CpuStorage temporary : wide) temporary.release();
    }

    /** dx, dgamma and dbeta from dy masked by the ReLU; {@code dx} may be {@code dy}; the mask is bound already. */
    void backward(
            BatchNormSpec spec,
            BatchNormPlan plan,
            CpuStorage x,
            CpuStorage dy,
            CpuStorage dx,
            Storage gamma,
            CpuStorage saved,
            long varianceAt,
            CpuStorage dgamma,
            CpuStorage dbeta) {
        int channels = spec.channels();
        int copies = plan.copies();
        int count = channels * copies;
        begin(channels, copies);
        saved.block.read(0, values[0], 0, channels);
        saved.block.read(varianceAt, values[1], 0, channels);
        CpuStorage mean = repeat(values[0], channels, copies);
        CpuStorage var = repeat(values[1], channels, copies);
        CpuStorage scale = repeat(gamma, channels, copies);
        CpuStorage wideGamma = memory.temporary(count);
        CpuStorage wideBeta = memory.temporary(count);
        plan.backward().bind(0, dy).bind(1, dx).bind(2, x).bind(3, mean).bind(4, var);
        plan.backward().bind(5, scale).bind(6, wideGamma).bind(7, wideBeta).run();
        dx.wrote(plan.layout(), spec.dims());
        scale.release();

        sum(wideGamma, values[0], channels, copies);
        sum(wideBeta, values[2], channels, copies);
        dgamma.block.write(0, values[0], 0, channels);
        dbeta.block.write(0, values[2], 0, channels);
        wideGamma.release();
        wideBeta.release();

        CpuStorage.dense(gamma).block.read(0, values[3], 0, channels);
        for (int c = 0; c < channels; c++) {
            double factor = -values[3][c] / Math.sqrt((double) values[1][c] + spec.eps()) / spec.reduction();
            values[0][c] = (float) (factor * values[0][c]);
            values[2][c] = (float) (factor * values[2][c]);
        }
        CpuStorage correctionScale = repeat(values[0], channels, copies);
        CpuStorage correctionShift = repeat(values[2], channels, copies);
        CpuStorage correction = memory.temporary(dx.type(), dx.length());
        plan.correction().bind(0, x).bind(1, correction).bind(2, mean).bind(3, var);
        plan.correction().bind(4, correctionScale).bind(5, correctionShift).run();
        correction.wroteLike(dx);
        elementwise.add(spec.dims(), dx, correction, dx);
        for (CpuStorage temporary : new CpuStorage[] {mean, var, correctionScale, correctionShift, correction}) {
            temporary.release();
        }
    }

    /** target[c] = sum over the lanes of channel c. */
    private void sum(CpuStorage wide, float[] target, int channels, int copies) {
        wide.block.read(0, lanes, 0, channels * copies);
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int l = c; l < channels * copies; l += channels) sum += lanes[l];
            target[c] = (float) sum;
        }
    }
}
