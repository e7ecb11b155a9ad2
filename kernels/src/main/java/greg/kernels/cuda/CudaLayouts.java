package greg.kernels.cuda;

import greg.kernels.DType;

/** Changes of layout, where a consumer needs another one than the producer chose. */
final class CudaLayouts {
    private static final int TILE = 32;
    private static final int LARGEST_BATCH = 65535;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final int largestBatch;

    CudaLayouts(CudaContext context, DeviceMemory memory) {
        this(context, memory, LARGEST_BATCH);
    }

    /** For tests: in batches larger than {@code largestBatch} a block handles several images. */
    CudaLayouts(CudaContext context, DeviceMemory memory, int largestBatch) {
        this.context = context;
        this.memory = memory;
        this.largestBatch = largestBatch;
    }

    /** {@code x} in the requested layout: itself or a copy, in either case with a reference to be released. */
    CudaStorage as(CudaLayout requested, CudaStorage x, int[] dims) {
        if (x.layout() == requested.canonical(dims)) {
            x.retain();
            return x;
        }
        CudaStorage copy = memory.take(DType.FLOAT32, x.length());
        rewrite(x, dims, requested, copy);
        return copy;
    }

    /** {@code y} = {@code x} in another layout; only rank 4 has two. */
    void rewrite(CudaStorage x, int[] dims, CudaLayout requested, CudaStorage y) {
        int pixels = dims[2] * dims[3];
        int rows = requested == CudaLayout.NHWC ? dims[1] : pixels;
        int columns = requested == CudaLayout.NHWC ? pixels : dims[1];
        context.launch("transfer", "transpose")
                .add(x)
                .add(y)
                .add(dims[0])
                .add(rows)
                .add(columns)
                .grid(Launch.blocks(columns, TILE), Launch.blocks(rows, TILE), Math.min(dims[0], largestBatch));
        y.wrote(requested, dims);
    }
}
