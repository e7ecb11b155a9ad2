package greg.kernels.cuda;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Conv2dKernels;
import greg.kernels.Device;
import greg.kernels.GemmKernels;
import greg.kernels.KernelException;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.Precision;

/**
 * One GPU, float32. This build runs the project's own kernels on it; the families that need cuDNN or cuBLAS (convolution,
 * matrix products) throw an error that says so. Used by the thread that opened it:
 * calls from another throw.
 */
public final class CudaBackend implements Backend {
    private final CudaContext context;
    private final Precision precision;
    private final Device device;
    private final DeviceMemory memory;
    private final CudaTransfer transfer;
    private final BlockCounters counters;
    private final CudaShortcut shortcut;
    private final UpdateTables tables;
    private final CudaUpdate update;
    private final CudaAugment augment;
    private final KernelFamilies kernels;
    private boolean closed;

    /** Opens the device that the options name. */
    public CudaBackend(BackendOptions options) {
        context = new CudaContext(options.index());
        device = new Device("cuda", context.deviceName(), 1, context.details());
        precision = options.precision() == null ? Precision.TF32 : options.precision();
        if (precision == Precision.BF16) context.requireCapability(8, "bf16");
        memory = new DeviceMemory(context, CudaLayouts.type(precision));
        CudaLayouts layouts = new CudaLayouts(context, memory);
        counters = new BlockCounters(context, memory);
        transfer = new CudaTransfer(context, layouts);
        shortcut = new CudaShortcut(context, memory, transfer, layouts);
        tables = new UpdateTables(context, memory, transfer);
        update = new CudaUpdate(context, memory, transfer, tables);
        augment = new CudaAugment(context, memory, transfer, layouts);
        kernels = new KernelFamilies(
                transfer,
                new CudaElementwise(context, memory, layouts, counters),
                new CudaReduction(context, memory),
                null, // throws below, as the next does
                null,
                new CudaBatchNorm(context, memory, layouts, counters),
                new CudaPool2d(context, layouts),
                shortcut,
                new CudaConcat(context, layouts),
                new CudaGate(context, layouts),
                new CudaUpsampleNearest(context, layouts),
                new CudaSoftmaxLoss(context, memory),
                new CudaPenalty(context, tables),
                update,
                augment,
                new CudaRandom(context));
    }

    /** The error of a family that needs a library which this build does not use. */
    static KernelException needs(String family, String library) {
        return new KernelException(
                "cuda: " + family + " needs " + library + ", which this build does not use yet; device = cpu");
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public KernelFamilies kernels() {
        return kernels;
    }

    @Override
    public GemmKernels gemm() {
        throw needs("matrix multiplication", "cuBLAS");
    }

    @Override
    public Conv2dKernels conv2d() {
        throw needs("convolution", "cuDNN");
    }

    /**
     * Records the kernels that {@code step} launches, without running them, to be replayed with one call. The step must
     * have run once before, so that its modules, tables and memory are there; it may neither upload nor download nor wait.
     *
     * @throws KernelException if the step does something that cannot be recorded
     */
    public StepGraph capture(Runnable step) {
        return new StepGraph(context, memory, transfer, step);
    }

    /** A stop watch in the stream of this backend's kernels. */
    public DeviceTimer timer() {
        return new DeviceTimer(context);
    }

    /** Size of the device's level-2 cache in bytes: what a benchmark of memory must exceed. */
    public int l2CacheBytes() {
        return context.l2CacheBytes();
    }

    /** For tests of the kernels that no family of the seam calls. */
    CudaContext context() {
        return context;
    }

    @Override
    public void synchronize() {
        context.synchronize();
    }

    @Override
    public void close() {
        if (closed) return;
        context.enter();
        closed = true;
        augment.close();
        update.close();
        tables.close();
        shortcut.close();
        counters.close();
        try {
            memory.trim();
        } finally {
            // after a fault nothing can be freed individually any more, but the context can, and all its memory with it
            context.close();
        }
    }
}
