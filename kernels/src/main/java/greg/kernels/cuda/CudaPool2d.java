package greg.kernels.cuda;

import greg.kernels.Pool2dKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.Pool2dSpec.Kind;

/** {@code max_pool.ptx}, {@code average_pool.ptx} and {@code global_average.ptx}: four channels of a pixel per thread. */
final class CudaPool2d implements Pool2dKernels {
    /** Places in a window that a byte can tell from each other. */
    private static final int BYTE_PLACES = 256;

    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaPool2d(CudaContext context, CudaLayouts layouts) {
        this.layouts = layouts;
        this.context = context;
    }

    private static boolean wide(Pool2dSpec spec) {
        return (long) spec.kernelH() * spec.kernelW() > BYTE_PLACES;
    }

    @Override
    public long savedBytes(Pool2dSpec spec) {
        if (spec.kind() == Kind.AVG) return 1;
        long places = (long) spec.n() * spec.outH() * spec.outW() * layouts.pitch(spec.channels());
        return wide(spec) ? places * Integer.BYTES : places;
    }

    @Override
    public void forward(Pool2dSpec spec, Storage x, Storage y, Storage saved) {
        boolean max = spec.kind() == Kind.MAX;
        check(spec);
        CudaStorage in = layouts.activation(x, spec.xDims());
        CudaStorage out = layouts.target(y, spec.yDims());
        Launch launch = max
                ? context.launch("max_pool", "max_pool", layouts.type())
                        .add(in)
                        .add(out)
                        .add(saved)
                : context.launch("average_pool", "average_pool", layouts.type())
                        .add(in)
                        .add(out);
        over(spec, launch, spec.yDims());
        layouts.wrote(out, y, spec.yDims());
        if (max && saved != null) CudaStorage.of(saved).wrotePlain();
        in.release();
    }

    @Override
    public void backward(Pool2dSpec spec, Storage dy, Storage saved, Storage dx) {
        boolean max = spec.kind() == Kind.MAX;
        check(spec);
        CudaStorage in = layouts.activation(dy, spec.yDims());
        CudaStorage out = layouts.target(dx, spec.xDims());
        Launch launch = max
                ? context.launch("max_pool", "max_pool_backward", layouts.type())
                        .add(in)
                        .add(out)
                        .add(saved)
                : context.launch("average_pool", "average_pool_backward", layouts.type())
                        .add(in)
                        .add(out);
        over(spec, launch, spec.xDims());
        layouts.wrote(out, dx, spec.xDims());
        in.release();
    }

    private void check(Pool2dSpec spec) {
        Launch.quads("pool2d", spec.xDims(), layouts.pitch(spec.channels()));
        Launch.quads("pool2d", spec.yDims(), layouts.pitch(spec.channels()));
    }

    /** The geometry, and a thread for four channels of each pixel of a result with these dimensions. */
    private void over(Pool2dSpec spec, Launch launch, int[] dims) {
        int pitch = layouts.pitch(spec.channels());
        long n = Launch.quads("pool2d", dims, pitch);
        launch.add(pitch / 4)
                .add(spec.h())
                .add(spec.w())
                .add(spec.outH())
                .add(spec.outW())
                .add(spec.kernelH())
                .add(spec.kernelW())
                .add(spec.strideH())
                .add(spec.strideW())
                .add(spec.padH())
                .add(spec.padW());
        if (spec.kind() == Kind.MAX) launch.add(wide(spec));
        launch.add(n).over(n, Launch.THREADS);
    }

    @Override
    public void globalAverage(int n, int c, int h, int w, Storage x, Storage y) {
        int[] dims = {n, c, h, w};
        int pitch = layouts.pitch(c);
        Launch.quads("globalAverage", dims, pitch);
        ChannelTiles tiles = ChannelTiles.sums(h * w, pitch);
        CudaStorage in = layouts.activation(x, dims);
        context.launch("global_average", "global_average", layouts.type())
                .add(in)
                .add(y)
                .add(c)
                .add(pitch)
                .add(h * w)
                .add(tiles.span())
                .add(tiles.step())
                .grid(n, tiles.tiles(), 1);
        in.release();
        CudaStorage.of(y).wrotePlain();
    }

    @Override
    public void globalAverageBackward(int n, int c, int h, int w, Storage dy, Storage dx) {
        int[] dims = {n, c, h, w};
        int pitch = layouts.pitch(c);
        long count = Launch.quads("globalAverageBackward", dims, pitch);
        CudaStorage out = layouts.target(dx, dims);
        context.launch("global_average", "global_average_backward", layouts.type())
                .add(CudaStorage.dense(dy))
                .add(out)
                .add(c)
                .add(pitch / 4)
                .add(h * w)
                .add(count)
                .over(count, Launch.THREADS);
        layouts.wrote(out, dx, dims);
    }
}
