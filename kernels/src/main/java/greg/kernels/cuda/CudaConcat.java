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
        CudaStorage target = CudaStorage.of(y);
        for (int i = 0; i < xs.size(); i++) {
            CudaStorage x = layouts.as(CudaLayout.NCHW, CudaStorage.of(xs.get(i)), spec.xDims(i));
            int plane = spec.h() * spec.w();
            int width = spec.channels().get(i) * plane;
            long at = (long) Float.BYTES * spec.offset(i) * plane;
            copy(
                    spec.n(),
                    width,
                    x.address().value(),
                    width,
                    target.address().value() + at,
                    spec.outChannels() * plane);
            x.release();
        }
        target.wrotePlain();
    }

    @Override
    public void backward(ConcatSpec spec, int input, Storage dy, Storage dx) {
        CudaStorage target = CudaStorage.of(dx);
        CudaStorage source = layouts.as(CudaLayout.NCHW, CudaStorage.of(dy), spec.yDims());
        int plane = spec.h() * spec.w();
        int width = spec.channels().get(input) * plane;
        long at = (long) Float.BYTES * spec.offset(input) * plane;
        copy(
                spec.n(),
                width,
                source.address().value() + at,
                spec.outChannels() * plane,
                target.address().value(),
                width);
        source.release();
        target.wrotePlain();
    }

    private void copy(int rows, int width, long x, int pitchX, long y, int pitchY) {
        long n = (long) rows * width;
        context.launch("transfer", "copy_rows")
                .add(n)
                .add(x)
                .add(y)
                .add(width)
                .add(pitchX)
                .add(pitchY)
                .over(n, Launch.THREADS);
    }
}
