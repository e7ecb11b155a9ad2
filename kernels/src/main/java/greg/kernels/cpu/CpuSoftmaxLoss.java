package greg.kernels.cpu;

import greg.kernels.KernelException;
import greg.kernels.SoftmaxLossKernels;
import greg.kernels.Storage;

/** Softmax and cross-entropy in Java: (N, K) is small, and the sums need doubles. */
final class CpuSoftmaxLoss implements SoftmaxLossKernels {
    private float[] row = new float[0];
    private double[] powers = new double[0];
    private int[] label = new int[0];
    private final float[] counts = new float[3];

    @Override
    public void forward(int n, int k, Storage logits, Storage labels, Storage loss, Storage dlogits, Storage metrics) {
        if (row.length < k) {
            row = new float[k];
            powers = new double[k];
        }
        if (label.length < n) label = new int[n];
        CpuStorage z = CpuStorage.dense(logits);
        CpuStorage dz = dlogits == null ? null : CpuStorage.of(dlogits);
        CpuStorage.of(labels).block.read(0, label, 0, n);
        double losses = 0;
        int top1 = 0;
        int top5 = 0;
        for (int i = 0; i < n; i++) {
            int target = label[i];
            if (target < 0 || target >= k) {
                throw new KernelException(
                        "softmaxLoss: label " + target + " of sample " + i + " is not in [0, " + k + ")");
            }
            z.block.read((long) i * k, row, 0, k);
            int rank = rank(k, target);
            if (rank < 1) top1++;
            if (rank < 5) top5++;
            losses += sample(n, k, target);
            if (dz != null) dz.block.write((long) i * k, row, 0, k);
        }
        if (dz != null) dz.wrotePlain();
        CpuStorage mean = CpuStorage.of(loss);
        mean.block.set(0, (float) (losses / n));
        mean.touch();
        CpuStorage sums = CpuStorage.of(metrics);
        sums.block.read(0, counts, 0, 3);
        counts[0] = (float) (counts[0] + losses);
        counts[1] += top1;
        counts[2] += top5;
        sums.block.write(0, counts, 0, 3);
        sums.touch();
    }

    /** The loss of one sample; turns its row of logits into the row of the gradient. */
    private double sample(int n, int k, int target) {
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < k; j++) max = Math.max(max, row[j]);
        double sum = 0;
        for (int j = 0; j < k; j++) {
            powers[j] = Math.exp(row[j] - max);
            sum += powers[j];
        }
        double loss = Math.log(sum) + max - row[target];
        for (int j = 0; j < k; j++) row[j] = (float) ((powers[j] / sum - (j == target ? 1 : 0)) / n);
        return loss;
    }

    /** How many logits beat the target's: neither smaller, nor equal with a larger index. */
    private int rank(int k, int target) {
        float own = row[target];
        // with fewer than five classes even the last is in the top 5, but a NaN is never correct
        if (Float.isNaN(own)) return Integer.MAX_VALUE;
        int rank = 0;
        for (int j = 0; j < k; j++) {
            boolean beaten = own > row[j] || (own == row[j] && target < j);
            if (j != target && !beaten) rank++;
        }
        return rank;
    }
}
