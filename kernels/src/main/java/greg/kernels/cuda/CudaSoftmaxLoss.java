package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.SoftmaxLossKernels;
import greg.kernels.Storage;

/**
 * {@code softmax_loss.ptx}: one warp per row, then one block for the sums. A label that is out of range makes its row NaN,
 * since a device cannot throw.
 */
final class CudaSoftmaxLoss implements SoftmaxLossKernels {
    private static final int ROWS = Launch.THREADS / 32;

    private final CudaContext context;
    private final DeviceMemory memory;

    CudaSoftmaxLoss(CudaContext context, DeviceMemory memory) {
        this.context = context;
        this.memory = memory;
    }

    @Override
    public void forward(int n, int k, Storage logits, Storage labels, Storage loss, Storage dlogits, Storage metrics) {
        CudaStorage losses = memory.take(DType.FLOAT32, n);
        CudaStorage ranks = memory.take(DType.INT32, n);
        context.launch("softmax_loss", "softmax_loss_rows")
                .add(n)
                .add(k)
                .add(CudaStorage.dense(logits))
                .add(labels)
                .add(dlogits)
                .add(losses)
                .add(ranks)
                .over(n, ROWS);
        context.launch("softmax_loss", "softmax_loss_total")
                .add(n)
                .add(losses)
                .add(ranks)
                .add(loss)
                .add(metrics)
                .grid(1, 1, 1);
        ranks.release();
        losses.release();
        if (dlogits != null) CudaStorage.of(dlogits).wrotePlain();
        CudaStorage.of(loss).wrotePlain();
        CudaStorage.of(metrics).wrotePlain();
    }
}
