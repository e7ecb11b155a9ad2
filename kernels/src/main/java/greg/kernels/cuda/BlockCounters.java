package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;

/**
 * Zeros on the device with which the blocks of a kernel count how many of them are done, so that the last can add up what all
 * have left. It leaves zeros for the next kernel.
 */
final class BlockCounters implements AutoCloseable {
    private static final int LEAST = 1024;

    private final CudaContext context;
    private final DeviceMemory memory;
    private CudaStorage counters;

    BlockCounters(CudaContext context, DeviceMemory memory) {
        this.context = context;
        this.memory = memory;
    }

    /** At least {@code count} of them. */
    CudaStorage of(int count) {
        if (counters != null && counters.length() >= count) return counters;
        if (context.capturing()) {
            throw new KernelException(
                    "cuda: a captured step cannot set up counters: run the step once before capturing");
        }
        close();
        counters = memory.take(DType.INT32, Math.max(LEAST, count));
        long bytes = counters.bytes();
        context.launch("transfer", "fill").add(bytes).add(counters).add(0).over(bytes, CudaTransfer.FILL_BYTES);
        return counters;
    }

    @Override
    public void close() {
        if (counters != null) counters.release();
        counters = null;
    }
}
