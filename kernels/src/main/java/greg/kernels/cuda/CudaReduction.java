package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.ReductionKernels;
import greg.kernels.Storage;

/** {@code reduction.ptx}: partial sums of many blocks, then the sum of those; the order depends on n alone. */
final class CudaReduction implements ReductionKernels {
    private static final int MOST_BLOCKS = 512;
    private static final int ELEMENTS = 4096;
    private static final int PLAIN = 0;
    private static final int ABS = 1;

    private final CudaContext context;
    private final DeviceMemory memory;

    CudaReduction(CudaContext context, DeviceMemory memory) {
        this.context = context;
        this.memory = memory;
    }

    @Override
    public void sum(long n, Storage x, Storage out) {
        reduce(n, x, out, PLAIN);
    }

    @Override
    public void sumAbs(long n, Storage x, Storage out) {
        reduce(n, x, out, ABS);
    }

    private void reduce(long count, Storage x, Storage out, int term) {
        // padding holds zeros, which change no sum
        long n = count == x.length() ? CudaStorage.of(x).extent() : count;
        int blocks = (int) Math.min(MOST_BLOCKS, (n + ELEMENTS - 1) / ELEMENTS);
        if (blocks == 1) {
            launch(n, x, out, term, 1);
        } else {
            CudaStorage partial = memory.take(DType.FLOAT32, blocks);
            launch(n, x, partial, term, blocks);
            launch(blocks, partial, out, PLAIN, 1);
            partial.release();
        }
        CudaStorage.of(out).wrotePlain();
    }

    private void launch(long n, Storage x, Storage out, int term, int blocks) {
        context.launch("reduction", "reduce", x.type())
                .add(n)
                .add(x)
                .add(out)
                .add(term)
                .grid(blocks, 1, 1);
    }
}
