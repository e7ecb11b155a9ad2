package greg.kernels.cpu;

import greg.kernels.BatchNormKernels;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;

/**
 * Batch normalization through oneDNN, the ReLU of {@code RELU} inside the primitive with a mask of its signs. oneDNN
 * cannot add a residual there on a CPU, so {@code ADD_RELU} is followed by one in-place addition that ends with a ReLU.
 *
 * <p>Channel counts that do not fill vector registers go through {@link BatchNormLanes}.
 *
 * <p>The saved storage holds the batch mean, the batch variance and the mask, each from an aligned offset.
 */
final class CpuBatchNorm implements BatchNormKernels {
    private final Reorders reorders;
    private final CpuElementwise elementwise;
    private final BatchNormLanes lanes;
    private final BatchNormPlanner planner;
    private final BatchNormConstant constant;
    private final ShiftedStatistics shifted = new ShiftedStatistics();
    private final Plans<BatchNormPlan> plans;
    private final Plans<Long> sizes;
    private final HostMemory memory;
    private float[] batchMean = new float[64];
    private float[] batchVar = new float[64];
    private float[] running = new float[64];

    private record Key(BatchNormSpec spec, DType type, Layout given, boolean training) {}

    CpuBatchNorm(OneDnn dnn, HostMemory memory, Reorders reorders, CpuElementwise elementwise) {
        this.memory = memory;
        this.reorders = reorders;
        this.elementwise = elementwise;
        this.lanes = new BatchNormLanes(memory, elementwise);
        this.constant = new BatchNormConstant(reorders);
        this.planner = new BatchNormPlanner(dnn, memory.activationType());
        this.plans = new Plans<>(dnn);
        this.sizes = new Plans<>(dnn);
    }

    @Override
    public long savedBytes(BatchNormSpec spec) {
        return sizes.get(
                spec, () -> maskOffset(spec.channels()) + (spec.fusion() == Fusion.RELU ? planner.maskBytes(spec) : 0));
    }

    private static long varianceOffset(int channels) {
        long bytes = 4L * channels;
        return (bytes + HostBlock.ALIGNMENT - 1) / HostBlock.ALIGNMENT * HostBlock.ALIGNMENT;
    }

    private static long maskOffset(int channels) {
        return 2 * varianceOffset(channels);
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
        CpuStorage keep = CpuStorage.of(saved);
        if (keep.bytes() < savedBytes(spec)) {
            throw new KernelException("batchNorm: expected a saved storage of " + savedBytes(spec) + " bytes, got "
                    + keep.bytes() + "; allocate savedBytes(spec)");
        }
        BatchNormPlan plan = plan(spec, x, y, true);
        CpuStorage input = as(plan, spec, x);
        int channels = spec.channels();
        long varianceAt = varianceOffset(channels);
        if (plan.maskBytes() > 0) plan.forward().bind(6, keep.block.pointer(maskOffset(channels)));
        if (batchMean.length < channels) {
            batchMean = new float[channels];
            batchVar = new float[channels];
            running = new float[channels];
        }
        CpuStorage output = reorders.target(plan.type(), CpuStorage.of(y));
        if (plan.copies() > 1) {
            lanes.statistics(spec, plan, input, output, keep, varianceAt / 4);
        } else {
            normalize(spec, plan, input, output, keep, CpuStorage.dense(gamma), CpuStorage.dense(beta));
        }
        keep.block.read(0, batchMean, 0, channels);
        keep.block.read(varianceAt / 4, batchVar, 0, channels);
        boolean refined = shifted.refine(spec, plan.layout(), input, batchMean, batchVar);
        if (refined && plan.copies() == 1) normalizeAgain(spec, plan, input, output, keep, gamma, beta);
        if (refined) {
            keep.block.write(0, batchMean, 0, channels);
            keep.block.write(varianceAt / 4, batchVar, 0, channels);
        }
        if (plan.copies() > 1) lanes.forward(spec, plan, input, output, keep, keep, varianceAt / 4, gamma, beta);
        keep.wrotePlain();
        finish(plan, spec, output, residual, y);
        input.release();
        double m = spec.reduction();
        updateRunning(runningMean, batchMean, channels, spec.momentum(), 1);
        updateRunning(runningVar, batchVar, channels, spec.momentum(), m / (m - 1));
    }

    private void normalize(
            BatchNormSpec spec,
            BatchNormPlan plan,
            CpuStorage x,
            CpuStorage y,
            CpuStorage saved,
            CpuStorage gamma,
            CpuStorage beta) {
        plan.forward()
                .bind(0, x)
                .bind(1, y)
                .bind(2, saved.block.pointer())
                .bind(3, saved.block.pointer(varianceOffset(spec.channels())))
                .bind(4, gamma)
                .bind(5, beta)
                .run();
    }

    /**
     * With {@link #batchMean} and {@link #batchVar} instead of the statistics m and v in {@code saved}, which the primitive takes again by
     * itself: with r = 1 / sqrt(batchVar + eps), gamma r sqrt(v + eps) as scale and beta + gamma r (m - batchMean) as shift.
     */
    private void normalizeAgain(
            BatchNormSpec spec,
            BatchNormPlan plan,
            CpuStorage x,
            CpuStorage y,
            CpuStorage saved,
            Storage gamma,
            Storage beta) {
        int channels = spec.channels();
        long varianceAt = varianceOffset(channels) / 4;
        CpuStorage scale = memory.temporary(channels);
        CpuStorage shift = memory.temporary(channels);
        for (int c = 0; c < channels; c++) {
            double factor = CpuStorage.of(gamma).block.get(c) / Math.sqrt((double) batchVar[c] + spec.eps());
            double moved = (double) saved.block.get(c) - batchMean[c];
            scale.block.set(c, (float) (factor * Math.sqrt((double) saved.block.get(varianceAt + c) + spec.eps())));
            shift.block.set(c, (float) (CpuStorage.of(beta).block.get(c) + factor * moved));
        }
        normalize(spec, plan, x, y, saved, scale, shift);
        scale.release();
        shift.release();
    }

    /** running = (1 - momentum) running + momentum correction batch. */
    private void updateRunning(Storage statistics, float[] batch, int channels, float momentum, double correction) {
        CpuStorage target = CpuStorage.dense(statistics);
        target.block.read(0, running, 0, channels);
        for (int c = 0; c < channels; c++) {
            running[c] = (float) ((1 - (double) momentum) * running[c] + momentum * correction * batch[c]);
        }
        target.block.write(0, running, 0, channels);
        target.wrotePlain();
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
        BatchNormPlan plan = plan(spec, x, y, false);
        CpuStorage input = as(plan, spec, x);
        CpuStorage output = reorders.target(plan.type(), CpuStorage.of(y));
        CpuStorage mean = CpuStorage.dense(runningMean);
        CpuStorage var = CpuStorage.dense(runningVar);
        if (plan.copies() > 1) {
            lanes.forward(spec, plan, input, output, mean, var, 0, gamma, beta);
        } else {
            plan.forward()
                    .bind(0, input)
                    .bind(1, output)
                    .bind(2, mean)
                    .bind(3, var)
                    .bind(4, CpuStorage.dense(gamma))
                    .bind(5, CpuStorage.dense(beta))
                    .run();
        }
        finish(plan, spec, output, residual, y);
        input.release();
    }

    /** Names the layout of what was written for y and, for a residual, adds it and applies the ReLU. */
    private void finish(BatchNormPlan plan, BatchNormSpec spec, CpuStorage written, Storage residual, Storage y) {
        reorders.wrote(written, plan.layout(), CpuStorage.of(y), spec.dims());
        if (spec.fusion() == Fusion.ADD_RELU) elementwise.addRelu(spec.dims(), y, residual, y);
    }

    /**
     * Where the activation is larger than a core's own cache, oneDNN's second pass over it waits for what it has just written: 0.96 ms
     * in place, 0.72 ms into another block of 8 MiB (two Zen 4 cores), 9 of 500 ms in a step of ResNet-56. In bfloat16 they are half as
     * large, and another block would have to come from memory.
     */
    @Override
    public boolean backwardInPlace() {
        return memory.activationType() == DType.BFLOAT16;
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
        BatchNormPlan plan = plan(spec, x, y, true);
        Storage incoming = dy;
        if (spec.fusion() == Fusion.ADD_RELU) {
            elementwise.reluBackward(spec.dims(), y, dy, dresidual);
            incoming = dresidual;
        }
        CpuStorage keep = CpuStorage.of(saved);
        CpuStorage input = as(plan, spec, x);
        CpuStorage gradient = as(plan, spec, incoming);
        CpuStorage output = reorders.target(plan.type(), CpuStorage.of(dx));
        int channels = spec.channels();
        long varianceAt = varianceOffset(channels);
        if (plan.maskBytes() > 0) plan.backward().bind(8, keep.block.pointer(maskOffset(channels)));
        if (plan.copies() > 1) {
            lanes.backward(
                    spec,
                    plan,
                    input,
                    gradient,
                    output,
                    gamma,
                    keep,
                    varianceAt / 4,
                    CpuStorage.of(dgamma),
                    CpuStorage.of(dbeta));
        } else {
            plan.backward()
                    .bind(0, gradient)
                    .bind(1, output)
                    .bind(2, input)
                    .bind(3, keep.block.pointer())
                    .bind(4, keep.block.pointer(varianceAt))
                    .bind(5, CpuStorage.dense(gamma))
                    .bind(6, CpuStorage.of(dgamma))
                    .bind(7, CpuStorage.of(dbeta))
                    .run();
        }
        reorders.wrote(output, plan.layout(), CpuStorage.of(dx), spec.dims());
        CpuStorage.of(dgamma).wrotePlain();
        CpuStorage.of(dbeta).wrotePlain();
        gradient.release();
        input.release();
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
        constant.run(spec, x, y, gamma, runningMean, runningVar, dy, dx, dresidual, dgamma, dbeta);
    }

    private BatchNormPlan plan(BatchNormSpec spec, Storage x, Storage y, boolean training) {
        Layout given = CpuStorage.of(x).layout();
        DType type = CpuStorage.type(CpuStorage.of(x), CpuStorage.of(y));
        return plans.get(new Key(spec, type, given, training), () -> planner.plan(spec, type, given, training));
    }

    private CpuStorage as(BatchNormPlan plan, BatchNormSpec spec, Storage x) {
        return reorders.as(plan.layout(), plan.type(), CpuStorage.of(x), spec.dims());
    }

    void close() {
        plans.all().forEach(BatchNormPlan::close);
    }
}
