package greg.kernels.cuda;

import greg.kernels.ConcatKernels;
import greg.kernels.Storage;
import greg.kernels.spec.ConcatSpec;
import java.util.List;

/** Copies of channel ranges by {@code copy_rows} of {@code transfer.ptx}: in either layout a range is a column of runs. */
final class CudaConcat implements ConcatKernels {
    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaConcat(CudaContext context, CudaLayouts layouts) {
        this.context = context;
        this.layouts = layouts;
    }

    @Override
    public void forward(ConcatSpec spec, List<Storage> xs, Storage y) {
        Launch.elements("concat", spec.yDims());
        CudaStorage target = CudaStorage.of(y);
        for (int i = 0; i < xs.size(); i++) {
            CudaStorage x = layouts.dense(xs.get(i), spec.xDims(i));
            int plane = spec.h() * spec.w();
            int width = spec.channels().get(i) * plane;
            long at = (long) Float.BYTES * spec.offset(i) * plane;
            copy(spec.n(), width, x, 0, width, target, at, spec.outChannels() * plane);
            x.release();
        }
        target.wrotePlain();
    }

    @Override
    public void backward(ConcatSpec spec, int input, Storage dy, Storage dx) {
        Launch.elements("concatBackward", spec.yDims());
        CudaStorage target = CudaStorage.of(dx);
        CudaStorage source = layouts.dense(dy, spec.yDims());
        int plane = spec.h() * spec.w();
        int width = spec.channels().get(input) * plane;
        long at = (long) Float.BYTES * spec.offset(input) * plane;
        copy(spec.n(), width, source, at, spec.outChannels() * plane, target, 0, width);
        source.release();
        target.wrotePlain();
    }

    /** Rows of {@code width} elements, from and to these byte offsets in the storages. */
    private void copy(
            int rows, int width, CudaStorage x, long fromX, int pitchX, CudaStorage y, long fromY, int pitchY) {
        long n = (long) rows * width;
        context.uses(x);
        context.uses(y);
        context.launch("transfer", "copy_rows")
                .add(n)
                .add(x.address().value() + fromX)
                .add(y.address().value() + fromY)
                .add(width)
                .add(pitchX)
                .add(pitchY)
                .over(n, Launch.THREADS);
    }
}
