package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.ElementwiseKernels;
import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;

/** {@code elementwise.ptx}, {@code sigmoid.ptx}, {@code bias.ptx} and dropout of {@code random.ptx}: four elements per thread. */
final class CudaElementwise implements ElementwiseKernels {
    /** Elements of a block of {@link Launch#THREADS} threads. */
    static final int ELEMENTS = 4 * Launch.THREADS;

    private static final int MOST_PARTS = 64;
    private static final int LEAST_ROWS = 256;
    private static final int CHANNELS = 32;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;

    CudaElementwise(CudaContext context, DeviceMemory memory, CudaLayouts layouts) {
        this.context = context;
        this.memory = memory;
        this.layouts = layouts;
    }

    private static long count(int[] dims) {
        long count = 1;
        for (int dim : dims) count *= dim;
        return count;
    }

    private void unary(String file, String entry, int[] dims, Storage x, Storage y) {
        if (dims.length != 4) {
            long n = count(dims);
            context.launch(file, entry).add(n).add(CudaStorage.dense(x)).add(y).over(n, ELEMENTS);
            CudaStorage.of(y).wrotePlain();
            return;
        }
        CudaStorage in = layouts.activation(x, dims);
        CudaStorage out = layouts.target(y, dims);
        long n = in.extent();
        context.launch(file, entry, layouts.type()).add(n).add(in).add(out).over(n, ELEMENTS);
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

    /** With a reference to be released. */
    private CudaStorage dense(Storage x, int[] dims) {
        if (dims.length == 4) return layouts.dense(x, dims);
        CudaStorage.dense(x).retain();
        return CudaStorage.of(x);
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
        unary("sigmoid", "sigmoid", dims, x, y);
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
        if (dims.length != 4) {
            long n = count(dims);
            context.launch("elementwise", "scale")
                    .add(n)
                    .add(CudaStorage.dense(x))
                    .add(y)
                    .add(alpha)
                    .over(n, ELEMENTS);
            CudaStorage.of(y).wrotePlain();
            return;
        }
        CudaStorage in = layouts.activation(x, dims);
        CudaStorage out = layouts.target(y, dims);
        long n = in.extent();
        context.launch("elementwise", "scale", layouts.type())
                .add(n)
                .add(in)
                .add(out)
                .add(alpha)
                .over(n, ELEMENTS);
        layouts.wrote(out, y, dims);
        in.release();
    }

    @Override
    public void dropout(int[] dims, float rate, long seed, long step, Storage x, Storage y) {
        if (context.capturing()) context.capture().countsSteps();
        long n = count(dims);
        CudaStorage dense = dense(x, dims);
        // word 2^-24 < rate, as integers
        int threshold = (int) Math.ceil(rate * 0x1p24);
        context.launch("random", "dropout")
                .add(n)
                .add(dense)
                .add(y)
                .add(threshold)
                .add((float) (1 / (1 - (double) rate)))
                .add(seed)
                .add((int) step)
                .add(context.counters())
                .over(n, ELEMENTS);
        CudaStorage.of(y).wrotePlain();
        dense.release();
    }

    @Override
    public void bias(BiasSpec spec, Storage x, Storage bias, Storage y) {
        int n = Launch.elements("bias", spec.dims());
        CudaStorage source = dense(x, spec.dims());
        context.launch("bias", "bias")
                .add((long) n)
                .add(source)
                .add(y)
                .add(bias)
                .add(spec.h() * spec.w())
                .add(spec.channels())
                .add(spec.relu())
                .over(n, ELEMENTS);
        CudaStorage.of(y).wrotePlain();
        source.release();
    }

    @Override
    public void biasBackward(BiasSpec spec, Storage dy, Storage dbias) {
        int rows = Launch.elements("biasBackward", spec.dims()) / spec.channels();
        int inner = spec.h() * spec.w();
        CudaStorage source = dense(dy, spec.dims());
        if (inner > 1) {
            context.launch("bias", "bias_backward_planes")
                    .add(source)
                    .add(dbias)
                    .add(inner)
                    .add(spec.channels())
                    .add(spec.n())
                    .grid(spec.channels(), 1, 1);
        } else {
            rows(source, dbias, spec.channels(), rows);
        }
        source.release();
        CudaStorage.of(dbias).wrotePlain();
    }

    /** Column sums of a matrix; a tall one in parts that run in parallel, and then the sums of the parts. */
    private void rows(Storage dy, Storage dbias, int channels, int rows) {
        int part = Math.max(LEAST_ROWS, Launch.blocks(rows, MOST_PARTS));
        int parts = Launch.blocks(rows, part);
        if (parts == 1) {
            sums(dy, dbias, channels, rows, part, parts);
            return;
        }
        CudaStorage partial = memory.take(DType.FLOAT32, (long) parts * channels);
        sums(dy, partial, channels, rows, part, parts);
        sums(partial, dbias, channels, parts, parts, 1);
        partial.release();
    }

    private void sums(Storage dy, Storage sums, int channels, int rows, int part, int parts) {
        context.launch("bias", "bias_backward_rows")
                .add(dy)
                .add(sums)
                .add(channels)
                .add(rows)
                .add(part)
                .grid(Launch.blocks(channels, CHANNELS), parts, 1);
    }
}
