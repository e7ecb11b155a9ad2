package greg.kernels.cuda;

import greg.kernels.BatchNormKernels;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;

/**
 * {@code batch_norm_statistics.ptx} and {@code batch_norm.ptx} forward, {@code batch_norm_sums.ptx} and {@code
 * batch_norm_gradient.ptx} backward.
 *
 * <p>The gradients need to know where the ReLU passed. Without a residual that follows from x, which they read anyway; with one,
 * the forward pass saves a bit per element, which is less to read twice than y.
 */
final class CudaBatchNorm implements BatchNormKernels {
    private static final int NO_MASK = 0;
    private static final int AGAIN = 1;
    private static final int BITS = 2;
    private static final int OUTPUT = 3;

    /** Mean, what its rounding left over, and 1 / sqrt(variance + eps), of each channel and the padding. */
    private static final int CONSTANTS = 3;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;
    private final BlockCounters counters;

    CudaBatchNorm(CudaContext context, DeviceMemory memory, CudaLayouts layouts, BlockCounters counters) {
        this.context = context;
        this.memory = memory;
        this.layouts = layouts;
        this.counters = counters;
    }

    @Override
    public long savedBytes(BatchNormSpec spec) {
        int pitch = layouts.pitch(spec.channels());
        long constants = (long) CONSTANTS * Float.BYTES * pitch;
        return spec.fusion() == Fusion.ADD_RELU ? constants + spec.reduction() * (pitch / 4) : constants;
    }

    @Override
    public void forwardTraining(
            BatchNormSpec spec,
            Storage x,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage runningMean,
            Storage runningVar,
            Storage y,
            Storage saved) {
        Shape shape = Shape.of(spec, layouts);
        ChannelTiles tiles = ChannelTiles.sums(shape.rows(), shape.pitch());
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage partial = memory.take(DType.FLOAT32, 2L * tiles.parts() * shape.pitch());
        CudaStorage counts = counters.of(tiles.tiles());
        Launch launch = context.launch("batch_norm_statistics", "batch_norm_statistics", layouts.type())
                .add(in)
                .add(partial)
                .add(counts)
                .add(saved)
                .add(CudaStorage.dense(runningMean))
                .add(CudaStorage.dense(runningVar));
        shape.add(launch, tiles).add(spec.eps()).add(spec.momentum());
        tiles.grid(launch);
        partial.release();
        CudaStorage.of(runningMean).wrotePlain();
        CudaStorage.of(runningVar).wrotePlain();
        CudaStorage.of(saved).wrotePlain();
        long bits = spec.fusion() == Fusion.ADD_RELU ? bits(saved, shape.pitch()) : 0;
        normalize(spec, shape, in, residual, gamma, beta, y, saved(saved, shape.pitch()), bits);
        in.release();
    }

    @Override
    public void forwardInference(
            BatchNormSpec spec,
            Storage x,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage runningMean,
            Storage runningVar,
            Storage y) {
        Shape shape = Shape.of(spec, layouts);
        CudaStorage in = layouts.activation(x, spec.dims());
        normalize(spec, shape, in, residual, gamma, beta, y, running(runningMean, runningVar), 0);
        in.release();
    }

    private void normalize(
            BatchNormSpec spec,
            Shape shape,
            CudaStorage x,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage y,
            Statistics statistics,
            long bits) {
        ChannelTiles tiles = ChannelTiles.each(shape.rows(), shape.pitch());
        CudaStorage addend = spec.fusion() == Fusion.ADD_RELU ? layouts.activation(residual, spec.dims()) : null;
        CudaStorage out = layouts.target(y, spec.dims());
        Launch launch = context.launch("batch_norm", "batch_norm", layouts.type())
                .add(x)
                .add(addend)
                .add(out)
                .add(bits);
        statistics.add(launch).add(CudaStorage.dense(gamma)).add(CudaStorage.dense(beta));
        shape.add(launch, tiles).add(spec.fusion() != Fusion.NONE).add(spec.eps());
        tiles.grid(launch);
        layouts.wrote(out, y, spec.dims());
        if (addend != null) addend.release();
    }

    @Override
    public void backward(
            BatchNormSpec spec,
            Storage x,
            Storage y,
            Storage gamma,
            Storage beta,
            Storage saved,
            Storage dy,
            Storage dx,
            Storage dresidual,
            Storage dgamma,
            Storage dbeta) {
        Shape shape = Shape.of(spec, layouts);
        Mask mask =
                switch (spec.fusion()) {
                    case NONE -> new Mask(NO_MASK, 0);
                    case RELU -> new Mask(AGAIN, 0);
                    case ADD_RELU -> new Mask(BITS, bits(saved, shape.pitch()));
                };
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage gradient = layouts.activation(dy, spec.dims());
        Pass pass = new Pass(spec, shape, in, gradient, mask, saved(saved, shape.pitch()), gamma, beta);
        sums(pass, dgamma, dbeta);
        gradient(pass, dgamma, dbeta, dx, dresidual);
        gradient.release();
        in.release();
    }

    @Override
    public void backwardInference(
            BatchNormSpec spec,
            Storage x,
            Storage y,
            Storage gamma,
            Storage runningMean,
            Storage runningVar,
            Storage dy,
            Storage dx,
            Storage dresidual,
            Storage dgamma,
            Storage dbeta) {
        Shape shape = Shape.of(spec, layouts);
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage gradient = layouts.activation(dy, spec.dims());
        CudaStorage output = spec.fusion() == Fusion.NONE ? null : layouts.activation(y, spec.dims());
        Mask mask = new Mask(NO_MASK, 0);
        if (output != null) {
            context.uses(output);
            mask = new Mask(OUTPUT, output.address().value());
        }
        Pass pass = new Pass(spec, shape, in, gradient, mask, running(runningMean, runningVar), gamma, null);
        if (dgamma != null || dbeta != null) sums(pass, dgamma, dbeta);
        if (dx != null || dresidual != null) gradient(pass, null, null, dx, dresidual);
        if (output != null) output.release();
        gradient.release();
        in.release();
    }

    private void sums(Pass pass, Storage dgamma, Storage dbeta) {
        Shape shape = pass.shape;
        ChannelTiles tiles = ChannelTiles.sums(shape.rows(), shape.pitch());
        CudaStorage partial = memory.take(DType.FLOAT32, 2L * tiles.parts() * shape.pitch());
        CudaStorage counts = counters.of(tiles.tiles());
        Launch launch = context.launch("batch_norm_sums", "batch_norm_sums", layouts.type())
                .add(pass.x)
                .add(pass.dy)
                .add(pass.mask.address);
        pass.statistics.add(launch).add(pass.gamma).add(pass.beta);
        launch.add(partial).add(counts).add(dgamma).add(dbeta);
        shape.add(launch, tiles).add(pass.mask.kind).add(pass.spec.eps());
        tiles.grid(launch);
        partial.release();
        if (dgamma != null) CudaStorage.of(dgamma).wrotePlain();
        if (dbeta != null) CudaStorage.of(dbeta).wrotePlain();
    }

    private void gradient(Pass pass, Storage dgamma, Storage dbeta, Storage dx, Storage dresidual) {
        Shape shape = pass.shape;
        ChannelTiles tiles = ChannelTiles.each(shape.rows(), shape.pitch());
        int[] dims = pass.spec.dims();
        CudaStorage ofX = dx == null ? null : layouts.target(dx, dims);
        CudaStorage ofResidual = dresidual == null ? null : layouts.target(dresidual, dims);
        Launch launch = context.launch("batch_norm_gradient", "batch_norm_gradient", layouts.type())
                .add(pass.x)
                .add(pass.dy)
                .add(pass.mask.address)
                .add(ofX)
                .add(ofResidual);
        pass.statistics.add(launch).add(pass.gamma).add(pass.beta).add(dgamma).add(dbeta);
        shape.add(launch, tiles).add(pass.mask.kind).add(pass.spec.eps());
        tiles.grid(launch);
        if (dx != null) layouts.wrote(ofX, dx, dims);
        if (dresidual != null) layouts.wrote(ofResidual, dresidual, dims);
    }

    /** A byte for each four elements, behind the constants. */
    private static long bits(Storage saved, int pitch) {
        return CudaStorage.of(saved).address().value() + (long) CONSTANTS * Float.BYTES * pitch;
    }

    private Statistics saved(Storage saved, int pitch) {
        context.uses(saved);
        long start = CudaStorage.of(saved).address().value();
        long bytes = (long) Float.BYTES * pitch;
        return new Statistics(start, start + bytes, start + 2 * bytes);
    }

    private Statistics running(Storage mean, Storage var) {
        context.uses(mean);
        context.uses(var);
        return new Statistics(
                CudaStorage.dense(mean).address().value(),
                0,
                CudaStorage.dense(var).address().value());
    }

    /** Addresses of a number for each channel: mean, what its rounding left over and 1 / sqrt(variance + eps), or mean, 0 and variance. */
    private record Statistics(long means, long lows, long deviations) {
        Launch add(Launch launch) {
            return launch.add(means).add(lows).add(deviations);
        }
    }

    /** How kernels know where the ReLU passed. */
    private record Mask(int kind, long address) {}

    /** A backward pass: its operands in the layout of activations. */
    private record Pass(
            BatchNormSpec spec,
            Shape shape,
            CudaStorage x,
            CudaStorage dy,
            Mask mask,
            Statistics statistics,
            Storage gamma,
            Storage beta) {}

    /** The activation as a matrix. */
    private record Shape(int channels, int pitch, int rows) {
        static Shape of(BatchNormSpec spec, CudaLayouts layouts) {
            int rows = Launch.elements("batchNorm", spec.n(), spec.h(), spec.w());
            return new Shape(spec.channels(), layouts.pitch(spec.channels()), rows);
        }

        Launch add(Launch launch, ChannelTiles tiles) {
            return tiles.add(launch.add(channels).add(pitch).add(rows));
        }
    }
}
