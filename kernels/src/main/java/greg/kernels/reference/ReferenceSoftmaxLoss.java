package greg.kernels.reference;

import greg.kernels.KernelException;
import greg.kernels.SoftmaxLossKernels;
import greg.kernels.Storage;

/** Row by row, the largest logit subtracted before exp so that nothing overflows. */
final class ReferenceSoftmaxLoss implements SoftmaxLossKernels {
    @Override
    public void forward(int n, int k, Storage logits, Storage labels, Storage loss, Storage dlogits, Storage metrics) {
        float[] z = ReferenceStorage.floats(logits);
        int[] label = ReferenceStorage.ints(labels);
        float[] dz = dlogits == null ? null : ReferenceStorage.floatsOut(dlogits);
        float[] counts = ReferenceStorage.floatsOut(metrics);
        double losses = 0;
        int top1 = 0;
        int top5 = 0;
        for (int row = 0; row < n; row++) {
            int start = row * k;
            int target = label[row];
            if (target < 0 || target >= k) {
                throw new KernelException(
                        "softmaxLoss: label " + target + " of sample " + row + " is not in [0, " + k + ")");
            }
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < k; j++) max = Math.max(max, z[start + j]);
            double sum = 0;
            for (int j = 0; j < k; j++) sum += Math.exp(z[start + j] - max);
            losses += Math.log(sum) + max - z[start + target];
            if (dz != null) {
                for (int j = 0; j < k; j++) {
                    double softmax = Math.exp(z[start + j] - max) / sum;
                    dz[start + j] = (float) ((softmax - (j == target ? 1 : 0)) / n);
                }
            }
            int rank = rank(z, start, k, target);
            if (rank < 1) top1++;
            if (rank < 5) top5++;
        }
        ReferenceStorage.floatsOut(loss)[0] = (float) (losses / n);
        counts[0] = (float) (counts[0] + losses);
        counts[1] += top1;
        counts[2] += top5;
    }

    /** How many logits beat the target's: neither smaller, nor equal with a larger index. */
    private static int rank(float[] z, int start, int k, int target) {
        float own = z[start + target];
        // with fewer than five classes even the last is in the top 5, but a NaN is never correct
        if (Float.isNaN(own)) return Integer.MAX_VALUE;
        int rank = 0;
        for (int j = 0; j < k; j++) {
            boolean beaten = own > z[start + j] || (own == z[start + j] && target < j);
            if (j != target && !beaten) rank++;
        }
        return rank;
    }
}
