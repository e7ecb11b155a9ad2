package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Pool2dKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Pool2dSpec;
import java.util.HashMap;
import java.util.Map;

/**
 * Pooling through oneDNN; x (N, C, H, W), y (N, C, OH, OW). Global averages are one window as large as the input.
 *
 * <p>The positions of maxima mean something only in the layout that they were found in, so the saved storage of max
 * pooling begins with that layout's number and the type's; the positions follow from an aligned offset.
 */
final class CpuPool2d implements Pool2dKernels {
    private static final long POSITIONS = HostBlock.ALIGNMENT;

    private final HostMemory memory;
    private final Reorders reorders;
    private final LayoutChoice choice;
    private final PoolPlanner planner;
    private final Plans<PoolPlan> plans;
    private final Plans<Long> sizes;
    // an average's gradient may take any layout; the input's last one saves reorders where dy is dense, as after a
    // linear layer
    private final Map<Pool2dSpec, Layout> averaged = new HashMap<>();
    private final byte[] header = new byte[2];
    private float[] row = new float[0];

    private record Key(Pool2dSpec spec, DType type, Layout given) {}

    CpuPool2d(OneDnn dnn, HostMemory memory, Reorders reorders, LayoutChoice choice) {
        this.memory = memory;
        this.reorders = reorders;
        this.choice = choice;
        this.planner = new PoolPlanner(dnn);
        this.plans = new Plans<>(dnn);
        this.sizes = new Plans<>(dnn);
    }

    @Override
    public long savedBytes(Pool2dSpec spec) {
        if (spec.kind() != Pool2dSpec.Kind.MAX) return 1;
        return sizes.get(spec, () -> POSITIONS + planner.positionBytes(spec));
    }

    @Override
    public void forward(Pool2dSpec spec, Storage x, Storage y, Storage saved) {
        CpuStorage given = CpuStorage.of(x);
        CpuStorage result = CpuStorage.of(y);
        // overhanging averages are corrected row by row in dense order
        Layout layout = overhangs(spec) ? Layout.PLAIN : given.layout();
        PoolPlan plan = plan(spec, type(spec, given, result), layout);
        if (spec.kind() == Pool2dSpec.Kind.AVG) averaged.put(spec, plan.layout());
        CpuStorage input = reorders.as(plan.layout(), plan.type(), given, spec.xDims());
        CpuStorage output = reorders.target(plan.type(), result);
        boolean keeps = saved != null && plan.positionBytes() > 0;
        Plan forward = keeps || plan.positionBytes() == 0 ? plan.training() : plan.inference();
        if (keeps) {
            CpuStorage keep = CpuStorage.of(saved);
            if (keep.bytes() < POSITIONS + plan.positionBytes()) {
                throw new KernelException("pool2d: expected a saved storage of " + savedBytes(spec) + " bytes, got "
                        + keep.bytes() + "; allocate savedBytes(spec)");
            }
            header[0] = (byte) plan.layout().ordinal();
            header[1] = (byte) plan.type().ordinal();
            keep.block.write(0, header, 0, header.length);
            forward.bind(2, keep.block.pointer(POSITIONS));
            keep.wrotePlain();
        }
        forward.bind(0, input).bind(1, output).run();
        if (overhangs(spec)) rescale(spec, output, output);
        reorders.wrote(output, plan.layout(), result, spec.yDims());
        input.release();
    }

    @Override
    public void backward(Pool2dSpec spec, Storage dy, Storage saved, Storage dx) {
        CpuStorage given = CpuStorage.of(dy);
        CpuStorage result = CpuStorage.of(dx);
        PoolPlan plan = spec.kind() == Pool2dSpec.Kind.MAX
                ? planOf(spec, saved)
                : plan(spec, type(spec, given, result), averageLayout(spec, given));
        CpuStorage gradient = reorders.as(plan.layout(), plan.type(), given, spec.yDims());
        if (overhangs(spec)) {
            CpuStorage scaled = memory.temporary(gradient.length());
            rescale(spec, gradient, scaled);
            gradient.release();
            gradient = scaled;
        }
        CpuStorage output = reorders.target(plan.type(), result);
        plan.backward().bind(0, gradient).bind(1, output);
        if (plan.positionBytes() > 0) {
            plan.backward().bind(2, CpuStorage.of(saved).block.pointer(POSITIONS));
        }
        plan.backward().run();
        reorders.wrote(output, plan.layout(), result, spec.xDims());
        gradient.release();
    }

    /** What a kernel computes in; an average that is wanted in FLOAT32 is not rounded on the way. */
    private static DType type(Pool2dSpec spec, CpuStorage from, CpuStorage to) {
        if (overhangs(spec)) return DType.FLOAT32;
        return spec.kind() == Pool2dSpec.Kind.AVG ? to.type() : CpuStorage.type(from, to);
    }

    /** The plan that a forward pass of max pooling ran. */
    private PoolPlan planOf(Pool2dSpec spec, Storage saved) {
        CpuStorage.of(saved).block.read(0, header, 0, header.length);
        Layout[] layouts = Layout.values();
        DType[] types = DType.values();
        if (header[0] < 0 || header[0] >= layouts.length || header[1] < 0 || header[1] >= types.length) {
            throw new KernelException("pool2d: expected a saved storage that forward wrote, got one that begins with "
                    + header[0] + "; run forward with this storage first");
        }
        return plan(spec, types[header[1]], layouts[header[0]]);
    }

    private Layout averageLayout(Pool2dSpec spec, CpuStorage dy) {
        if (overhangs(spec)) return Layout.PLAIN;
        Layout open = dy.layout() == Layout.PLAIN ? choice.preferred(spec.channels()) : dy.layout();
        return averaged.getOrDefault(spec, open);
    }

    private PoolPlan plan(Pool2dSpec spec, DType type, Layout given) {
        return plans.get(new Key(spec, type, given), () -> planner.plan(spec, type, given));
    }

    /** Whether the last window of an average reaches beyond the padded input, where oneDNN would divide by too much. */
    private static boolean overhangs(Pool2dSpec spec) {
        return spec.kind() == Pool2dSpec.Kind.AVG
                && (inside(spec.outH() - 1, spec.h(), spec.kernelH(), spec.strideH(), spec.padH()) < spec.kernelH()
                        || inside(spec.outW() - 1, spec.w(), spec.kernelW(), spec.strideW(), spec.padW())
                                < spec.kernelW());
    }

    /** Positions of window {@code index} inside the padded input. */
    private static int inside(int index, int size, int kernel, int stride, int pad) {
        return Math.min(kernel, size + 2 * pad - index * stride);
    }

    /** target = source * kernel size / positions inside, per output; dense. */
    private void rescale(Pool2dSpec spec, CpuStorage source, CpuStorage target) {
        int width = spec.outW();
        if (row.length < width) row = new float[width];
        long rows = (long) spec.n() * spec.channels() * spec.outH();
        for (long r = 0; r < rows; r++) {
            int p = (int) (r % spec.outH());
            double tall = inside(p, spec.h(), spec.kernelH(), spec.strideH(), spec.padH());
            source.block.read(r * width, row, 0, width);
            for (int q = 0; q < width; q++) {
                double wide = inside(q, spec.w(), spec.kernelW(), spec.strideW(), spec.padW());
                row[q] = (float) (row[q] * (spec.kernelH() / tall) * (spec.kernelW() / wide));
            }
            target.block.write(r * width, row, 0, width);
        }
        target.wrotePlain();
    }

    @Override
    public void globalAverage(int n, int c, int h, int w, Storage x, Storage y) {
        forward(global(n, c, h, w), x, y, null);
    }

    @Override
    public void globalAverageBackward(int n, int c, int h, int w, Storage dy, Storage dx) {
        backward(global(n, c, h, w), dy, null, dx);
    }

    private static Pool2dSpec global(int n, int c, int h, int w) {
        return new Pool2dSpec(Pool2dSpec.Kind.AVG, n, c, h, w, h, w, h, w, 0, 0, false);
    }

    void close() {
        plans.all().forEach(PoolPlan::close);
    }
}
