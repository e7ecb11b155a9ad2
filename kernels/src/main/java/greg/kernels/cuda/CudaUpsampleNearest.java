package greg.kernels.cuda;

import greg.kernels.Storage;
import greg.kernels.UpsampleNearestKernels;
import greg.kernels.spec.UpsampleNearestSpec;

/** {@code upsample_nearest.ptx}, in the layout of what is read: one element of the result per thread. */
final class CudaUpsampleNearest implements UpsampleNearestKernels {
    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaUpsampleNearest(CudaContext context, CudaLayouts layouts) {
        this.layouts = layouts;
        this.context = context;
    }

    @Override
    public void forward(UpsampleNearestSpec spec, Storage x, Storage y) {
        launch("upsample_nearest", spec, x, spec.xDims(), y, spec.yDims());
    }

    @Override
    public void backward(UpsampleNearestSpec spec, Storage dy, Storage dx) {
        Launch.elements("upsampleNearestBackward", spec.yDims());
        launch("upsample_nearest_backward", spec, dy, spec.yDims(), dx, spec.xDims());
    }

    private void launch(String entry, UpsampleNearestSpec spec, Storage x, int[] fromDims, Storage to, int[] dims) {
        int n = Launch.elements("upsampleNearest", dims);
        CudaStorage from = layouts.dense(x, fromDims);
        context.launch("upsample_nearest", entry)
                .add(n)
                .add(from)
                .add(to)
                .add(spec.w())
                .add(1)
                .add(spec.factorH())
                .add(spec.factorW())
                .over(n, Launch.THREADS);
        CudaStorage.of(to).wrotePlain();
        from.release();
    }
}
