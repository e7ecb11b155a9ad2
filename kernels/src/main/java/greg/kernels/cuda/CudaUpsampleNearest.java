package greg.kernels.cuda;

import greg.kernels.Storage;
import greg.kernels.UpsampleNearestKernels;
import greg.kernels.spec.UpsampleNearestSpec;

/** {@code upsample_nearest.ptx}: four channels of a pixel of the result per thread. */
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
        launch("upsample_nearest_backward", spec, dy, spec.yDims(), dx, spec.xDims());
    }

    private void launch(String entry, UpsampleNearestSpec spec, Storage x, int[] fromDims, Storage y, int[] dims) {
        int pitch = layouts.pitch(dims[1]);
        long n = Launch.quads("upsampleNearest", dims, pitch);
        Launch.elements("upsampleNearest", fromDims[0], fromDims[2], fromDims[3]);
        CudaStorage in = layouts.activation(x, fromDims);
        CudaStorage out = layouts.target(y, dims);
        context.launch("upsample_nearest", entry, layouts.type())
                .add(in)
                .add(out)
                .add(pitch / 4)
                .add(spec.w())
                .add(spec.factorH())
                .add(spec.factorW())
                .add(n)
                .over(n, Launch.THREADS);
        layouts.wrote(out, y, dims);
        in.release();
    }
}
