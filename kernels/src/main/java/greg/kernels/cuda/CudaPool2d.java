package greg.kernels.cuda;

import greg.kernels.Pool2dKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Pool2dSpec;

/** Global average pooling by {@code global_average.ptx}; windows need cuDNN. */
final class CudaPool2d implements Pool2dKernels {
    private static final int PLANES = Launch.THREADS / 32;

    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaPool2d(CudaContext context, CudaLayouts layouts) {
        this.layouts = layouts;
        this.context = context;
    }

    @Override
    public long savedBytes(Pool2dSpec spec) {
        throw CudaBackend.needs("pooling", "cuDNN");
    }

    @Override
    public void forward(Pool2dSpec spec, Storage x, Storage y, Storage saved) {
        throw CudaBackend.needs("pooling", "cuDNN");
    }

    @Override
    public void backward(Pool2dSpec spec, Storage dy, Storage saved, Storage dx) {
        throw CudaBackend.needs("pooling", "cuDNN");
    }

    @Override
    public void globalAverage(int n, int c, int h, int w, Storage x, Storage y) {
        int pixels = Launch.elements("globalAverage", n, c, h, w) / (n * c);
        CudaStorage source = layouts.dense(x, new int[] {n, c, h, w});
        context.launch("global_average", "global_average_planes")
                .add(n * c)
                .add(pixels)
                .add(source)
                .add(y)
                .over((long) n * c, PLANES);
        source.release();
        CudaStorage.of(y).wrotePlain();
    }

    @Override
    public void globalAverageBackward(int n, int c, int h, int w, Storage dy, Storage dx) {
        int length = Launch.elements("globalAverageBackward", n, c, h, w);
        context.launch("global_average", "global_average_backward")
                .add((long) length)
                .add(CudaStorage.dense(dy))
                .add(dx)
                .add(c)
                .add(h * w)
                .add(h * w)
                .over(length, Launch.THREADS);
        CudaStorage.of(dx).wrotePlain();
    }
}
