package greg.kernels.cuda;

import greg.kernels.ConcatKernels;
import greg.kernels.Storage;
import greg.kernels.spec.ConcatSpec;
import java.util.List;

/** {@code concat.ptx}: copies of ranges of channels. */
final class CudaConcat implements ConcatKernels {
    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaConcat(CudaContext context, CudaLayouts layouts) {
        this.context = context;
        this.layouts = layouts;
    }

    @Override
    public void forward(ConcatSpec spec, List<Storage> xs, Storage y) {
        Launch.quads("concat", spec.yDims(), layouts.pitch(spec.outChannels()));
        CudaStorage out = layouts.target(y, spec.yDims());
        int last = xs.size() - 1;
        int pitch = layouts.pitch(spec.outChannels());
        for (int i = 0; i <= last; i++) {
            CudaStorage x = layouts.activation(xs.get(i), spec.xDims(i));
            int width = spec.channels().get(i);
            int to = spec.offset(i);
            // the last one writes the padding
            copy(spec, x, layouts.pitch(width), 0, out, pitch, to, width, i == last ? pitch : to + width);
            x.release();
        }
        layouts.wrote(out, y, spec.yDims());
    }

    @Override
    public void backward(ConcatSpec spec, int input, Storage dy, Storage dx) {
        Launch.quads("concatBackward", spec.yDims(), layouts.pitch(spec.outChannels()));
        CudaStorage source = layouts.activation(dy, spec.yDims());
        CudaStorage out = layouts.target(dx, spec.xDims(input));
        int width = spec.channels().get(input);
        int pitch = layouts.pitch(width);
        copy(spec, source, layouts.pitch(spec.outChannels()), spec.offset(input), out, pitch, 0, width, pitch);
        layouts.wrote(out, dx, spec.xDims(input));
        source.release();
    }

    /** Channels {@code fromX} to {@code fromX + width} of x become those from {@code fromY} of y; 0 from there to {@code limit}. */
    private void copy(
            ConcatSpec spec,
            CudaStorage x,
            int pitchX,
            int fromX,
            CudaStorage y,
            int pitchY,
            int fromY,
            int width,
            int limit) {
        int quads = Launch.blocks(limit - fromY / 4 * 4, 4);
        long n = (long) spec.n() * spec.h() * spec.w() * quads;
        context.launch("concat", "copy_channels", layouts.type())
                .add(x)
                .add(y)
                .add(pitchX)
                .add(pitchY)
                .add(fromX)
                .add(fromY)
                .add(width)
                .add(limit)
                .add(quads)
                .add(n)
                .over(n, Launch.THREADS);
    }
}
