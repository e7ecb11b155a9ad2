package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.ElementwiseKernels;
import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;

/** {@code elementwise.ptx}, {@code sigmoid.ptx}, {@code bias.ptx}, {@code bias_matrix.ptx} and dropout. */
final class CudaElementwise implements ElementwiseKernels {
    /** Elements of a block of {@link Launch#THREADS} threads. */
    static final int ELEMENTS = 4 * Launch.THREADS;

    private static final int MOST_PARTS = 64;
    private static final int LEAST_ROWS = 256;
    private static final int CHANNELS = 32;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;
    private final BlockCounters counters;

    CudaElementwise(CudaContext context, DeviceMemory memory, CudaLayouts layouts, BlockCounters counters) {
        this.context = context;
        this.memory = memory;
        this.layouts = layouts;
        this.counters = counters;
    }

    private static long count(int[] dims) {
        long count = 1;
        for (int dim : dims) count *= dim;
        return count;
    }

    /** What a launch has besides n, x and y; {@code quads}: fours of channels with their padding, 0 if there are none. */
    @FunctionalInterface
    private interface Rest {
        void add(Launch launch, int quads);
    }

    private void unary(String file, String entry, int[] dims, Storage x, Storage y) {
        unary(file, entry, dims, x, y, (launch, quads) -> {});
    }

    private void unary(String file, String entry, int[] dims, Storage x, Storage y, Rest rest) {
        if (dims.length != 4) {
            long n = count(dims);
            Launch launch =
                    context.launch(file, entry).add(n).add(CudaStorage.dense(x)).add(y);
            rest.add(launch, 0);
            launch.over(n, ELEMENTS);
            CudaStorage.of(y).wrotePlain();
            return;
        }
        CudaStorage in = layouts.activation(x, dims);
        CudaStorage out = layouts.target(y, dims);
        long n = (long) dims[0] * dims[2] * dims[3] * layouts.pitch(dims[1]);
        Launch launch =
                context.launch(file, entry, layouts.type()).add(n).add(in).add(out);
        rest.add(launch, layouts.pitch(dims[1]) / 4);
        launch.over(n, ELEMENTS);
        layouts.wrote(out, y, dims);
        in.release();
    }

    private void binary(String file, String entry, int[] dims, Storage a, Storage b, Storage y) {
        if (dims.length != 4) {
            long n = count(dims);
            context.launch(file, entry)
                    .add(n)
                    .add(CudaStorage.dense(a))
                    .add(CudaStorage.dense(b))
                    .add(y)
                    .over(n, ELEMENTS);
            CudaStorage.of(y).wrotePlain();
            return;
        }
        CudaStorage first = layouts.activation(a, dims);
        CudaStorage second = layouts.activation(b, dims);
        CudaStorage out = layouts.target(y, dims);
        long n = first.extent();
        context.launch(file, entry, layouts.type())
                .add(n)
                .add(first)
                .add(second)
                .add(out)
                .over(n, ELEMENTS);
        layouts.wrote(out, y, dims);
        second.release();
        first.release();
    }

    @Override
    public void relu(int[] dims, Storage x, Storage y) {
        unary("elementwise", "relu", dims, x, y);
    }

    @Override
    public void reluBackward(int[] dims, Storage y, Storage dy, Storage dx) {
        binary("elementwise", "relu_backward", dims, y, dy, dx);
    }

    @Override
    public void relu6(int[] dims, Storage x, Storage y) {
        unary("elementwise", "relu6", dims, x, y);
    }

    @Override
    public void relu6Backward(int[] dims, Storage y, Storage dy, Storage dx) {
        binary("elementwise", "relu6_backward", dims, y, dy, dx);
    }

    @Override
    public void sigmoid(int[] dims, Storage x, Storage y) {
        unary("sigmoid", "sigmoid", dims, x, y, (launch, quads) -> launch.add(quads > 0 ? dims[1] : 4)
                .add(Math.max(1, quads)));
    }

    @Override
    public void sigmoidBackward(int[] dims, Storage y, Storage dy, Storage dx) {
        binary("sigmoid", "sigmoid_backward", dims, y, dy, dx);
    }

    @Override
    public void silu(int[] dims, Storage x, Storage y) {
        unary("sigmoid", "silu", dims, x, y);
    }

    @Override
    public void siluBackward(int[] dims, Storage x, Storage dy, Storage dx) {
        binary("sigmoid", "silu_backward", dims, x, dy, dx);
    }

    @Override
    public void add(int[] dims, Storage a, Storage b, Storage y) {
        binary("elementwise", "add", dims, a, b, y);
    }

    @Override
    public void multiply(int[] dims, Storage a, Storage b, Storage y) {
        binary("elementwise", "multiply", dims, a, b, y);
    }

    @Override
    public void scale(int[] dims, float alpha, Storage x, Storage y) {
        unary("elementwise", "scale", dims, x, y, (launch, quads) -> launch.add(alpha));
    }

    @Override
    public void scale(int[] dims, Storage alpha, Storage x, Storage y) {
        Storage number = CudaStorage.dense(alpha);
        unary("elementwise", "scale_by", dims, x, y, (launch, quads) -> launch.add(number));
    }

    @Override
    public void dropout(int[] dims, float rate, long seed, long step, Storage x, Storage y) {
        if (context.capturing()) context.capture().countsSteps();
        // word 2^-24 < rate, as integers
        int threshold = (int) Math.ceil(rate * 0x1p24);
        float scale = (float) (1 / (1 - (double) rate));
        if (dims.length != 4) {
            long n = count(dims);
            context.launch("random", "dropout")
                    .add(n)
                    .add(CudaStorage.dense(x))
                    .add(y)
                    .add(threshold)
                    .add(scale)
                    .add(seed)
                    .add((int) step)
                    .add(context.counters())
                    .over(n, ELEMENTS);
            CudaStorage.of(y).wrotePlain();
            return;
        }
        CudaStorage in = layouts.activation(x, dims);
        CudaStorage out = layouts.target(y, dims);
        int pixels = Launch.elements("dropout", dims[2], dims[3]);
        int pitch = layouts.pitch(dims[1]);
        long n = (long) dims[0] * pixels * pitch;
        context.launch("dropout", "dropout_activation", layouts.type())
                .add(in)
                .add(out)
                .add(dims[1])
                .add(pitch)
                .add(pixels)
                .add(threshold)
                .add(scale)
                .add(seed)
                .add((int) step)
                .add(context.counters())
                .add(n)
                .over(n, Launch.THREADS);
        layouts.wrote(out, y, dims);
        in.release();
    }

    /**
     * Whether a bias is added to a matrix, which is dense float32, and not to an activation of one pixel, which has room for its
     * padding or another type. Where there is no padding the two are the same.
     */
    private boolean matrix(BiasSpec spec, CudaStorage storage) {
        if (spec.h() * spec.w() > 1 || storage.type() != DType.FLOAT32) return false;
        int pitch = layouts.pitch(spec.channels());
        // without padding both are the same elements, and what reads a matrix wants it dense
        boolean dense = pitch == spec.channels() || storage.room() < (long) spec.n() * pitch;
        return dense || layouts.type() != DType.FLOAT32;
    }

    @Override
    public void bias(BiasSpec spec, Storage x, Storage bias, Storage y) {
        int[] dims = spec.dims();
        if (matrix(spec, CudaStorage.of(y))) {
            long n = count(dims);
            CudaStorage in = layouts.dense(x, dims);
            context.launch("bias_matrix", "bias_matrix")
                    .add(n)
                    .add(in)
                    .add(y)
                    .add(CudaStorage.dense(bias))
                    .add(spec.channels())
                    .add(spec.relu())
                    .over(n, ELEMENTS);
            CudaStorage.of(y).wrotePlain();
            in.release();
            return;
        }
        int pitch = layouts.pitch(spec.channels());
        long n = Launch.quads("bias", dims, pitch);
        CudaStorage in = layouts.activation(x, dims);
        CudaStorage out = layouts.target(y, dims);
        context.launch("bias", "bias", layouts.type())
                .add(in)
                .add(out)
                .add(CudaStorage.dense(bias))
                .add(spec.channels())
                .add(pitch / 4)
                .add(spec.relu())
                .add(n)
                .over(n, Launch.THREADS);
        layouts.wrote(out, y, dims);
        in.release();
    }

    @Override
    public void biasBackward(BiasSpec spec, Storage dy, Storage dbias) {
        int rows = Launch.elements("biasBackward", spec.n(), spec.h(), spec.w());
        if (matrix(spec, CudaStorage.of(dy))) {
            CudaStorage in = layouts.dense(dy, spec.dims());
            columns(in, dbias, spec.channels(), rows);
            in.release();
        } else {
            CudaStorage in = layouts.activation(dy, spec.dims());
            channels(in, dbias, spec.channels(), rows);
            in.release();
        }
        CudaStorage.of(dbias).wrotePlain();
    }

    private void channels(CudaStorage dy, Storage dbias, int channels, int rows) {
        int pitch = layouts.pitch(channels);
        ChannelTiles tiles = ChannelTiles.sums(rows, pitch);
        CudaStorage partial = memory.take(DType.FLOAT32, (long) tiles.parts() * pitch);
        CudaStorage counts = counters.of(tiles.tiles());
        Launch launch = context.launch("bias", "bias_backward", layouts.type())
                .add(dy)
                .add(partial)
                .add(counts)
                .add(dbias)
                .add(channels)
                .add(pitch)
                .add(rows);
        tiles.grid(tiles.add(launch));
        partial.release();
    }

    /** Column sums of a matrix; a tall one in parts that run in parallel, and then the sums of the parts. */
    private void columns(Storage dy, Storage dbias, int channels, int rows) {
        int part = Math.max(LEAST_ROWS, Launch.blocks(rows, MOST_PARTS));
        int parts = Launch.blocks(rows, part);
        if (parts == 1) {
            columns(dy, dbias, channels, rows, part, parts);
            return;
        }
        CudaStorage partial = memory.take(DType.FLOAT32, (long) parts * channels);
        columns(dy, partial, channels, rows, part, parts);
        columns(partial, dbias, channels, parts, parts, 1);
        partial.release();
    }

    private void columns(Storage dy, Storage sums, int channels, int rows, int part, int parts) {
        context.launch("bias_matrix", "bias_matrix_backward")
                .add(dy)
                .add(sums)
                .add(channels)
                .add(rows)
                .add(part)
                .grid(Launch.blocks(channels, CHANNELS), parts, 1);
    }
}
