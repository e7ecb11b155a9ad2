package greg.kernels.cpu;

import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;

/**
 * Gradients of batch normalization with constant statistics, by plain loops over dense planes. Training never needs them, so
 * they need no primitive of oneDNN, whose fused ReLU would require a mask that the inference form does not produce.
 */
final class BatchNormConstant {
    private final Reorders reorders;
    private float[] g = new float[0];
    private float[] row = new float[0];

    BatchNormConstant(Reorders reorders) {
        this.reorders = reorders;
    }

    void run(
            BatchNormSpec spec,
            Storage x,
            Storage y,
            Storage gamma,
            Storage runningMean,
            Storage runningVar,
            Storage dy,
            Storage dx,
            Storage dresidual,
            Storage dgamma,
            Storage dbeta) {
        int channels = spec.channels();
        int plane = spec.h() * spec.w();
        float[] scale = read(gamma, channels);
        float[] mean = read(runningMean, channels);
        float[] var = read(runningVar, channels);
        double[] invStd = new double[channels];
        for (int c = 0; c < channels; c++) invStd[c] = 1 / Math.sqrt((double) var[c] + spec.eps());
        double[] sums = new double[channels];
        double[] products = new double[channels];
        if (g.length < plane) {
            g = new float[plane];
            row = new float[plane];
        }
        CpuStorage gradient = reorders.as(Layout.PLAIN, CpuStorage.of(dy), spec.dims());
        CpuStorage output = spec.fusion() == Fusion.NONE ? null : plain(spec, y);
        CpuStorage input = dgamma == null ? null : plain(spec, x);
        for (int p = 0; p < spec.n() * channels; p++) {
            int c = p % channels;
            long at = (long) p * plane;
            gradient.read(at, g, 0, plane);
            if (output != null) {
                output.read(at, row, 0, plane);
                for (int i = 0; i < plane; i++) if (!(row[i] > 0)) g[i] = 0;
            }
            if (dresidual != null) CpuStorage.of(dresidual).write(at, g, 0, plane);
            for (int i = 0; i < plane; i++) sums[c] += g[i];
            if (input != null) {
                input.read(at, row, 0, plane);
                for (int i = 0; i < plane; i++) products[c] += g[i] * (row[i] - (double) mean[c]) * invStd[c];
            }
            if (dx == null) continue;
            for (int i = 0; i < plane; i++) g[i] = (float) (scale[c] * invStd[c] * g[i]);
            CpuStorage.of(dx).write(at, g, 0, plane);
        }
        for (CpuStorage operand : new CpuStorage[] {gradient, output, input}) if (operand != null) operand.release();
        if (dresidual != null) CpuStorage.of(dresidual).wrotePlain();
        if (dx != null) CpuStorage.of(dx).wrotePlain();
        if (dgamma != null) write(products, dgamma);
        if (dbeta != null) write(sums, dbeta);
    }

    private CpuStorage plain(BatchNormSpec spec, Storage activation) {
        return reorders.as(Layout.PLAIN, CpuStorage.of(activation), spec.dims());
    }

    private static float[] read(Storage perChannel, int channels) {
        float[] values = new float[channels];
        CpuStorage.dense(perChannel).block.read(0, values, 0, channels);
        return values;
    }

    private static void write(double[] sums, Storage out) {
        float[] values = new float[sums.length];
        for (int c = 0; c < sums.length; c++) values[c] = (float) sums[c];
        CpuStorage target = CpuStorage.of(out);
        target.block.write(0, values, 0, values.length);
        target.wrotePlain();
    }
}
