package greg.kernels.cuda;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BatchNormKernels;
import greg.kernels.Device;
import greg.kernels.KernelException;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.Precision;
import greg.kernels.StagingBuffer;
import java.util.List;

/**
 * One GPU. This build runs the project's own kernels on it, cuBLAS and cuDNN; batch normalization and pooling windows are
 * missing and throw an error that says so. Used by the thread that opened it:
 * calls from another throw.
 */
public final class CudaBackend implements Backend {
    private final CudaContext context;
    private final Precision precision;
    private final Device device;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;
    private final CudaTransfer transfer;
    private final CudaShortcut shortcut;
    private final UpdateTables tables;
    private final CudaUpdate update;
    private final CudaAugment augment;
    private final CudaGemm gemm;
    private final CudaConv2d conv2d;
    private final KernelFamilies kernels;
    private final boolean graphs;
    private boolean closed;

    /** Opens the device that the options name. */
    public CudaBackend(BackendOptions options) {
        context = new CudaContext(options.index());
        device = new Device("cuda", context.deviceName(), 1, context.details());
        precision = options.precision() == null ? Precision.TF32 : options.precision();
        if (precision == Precision.BF16) context.requireCapability(8, "bf16");
        graphs = options.graphs();
        memory = new DeviceMemory(context, CudaLayouts.type(precision));
        layouts = new CudaLayouts(context, memory);
        transfer = new CudaTransfer(context, layouts);
        shortcut = new CudaShortcut(context, memory, transfer, layouts);
        tables = new UpdateTables(context, memory, transfer, layouts);
        update = new CudaUpdate(context, memory, transfer, tables);
        augment = new CudaAugment(context, memory, transfer);
        gemm = new CudaGemm(context, memory, precision != Precision.FP32);
        CudaElementwise elementwise = new CudaElementwise(context, memory, layouts);
        conv2d = new CudaConv2d(context, memory, layouts, elementwise, precision, options.deterministic());
        kernels = new KernelFamilies(
                transfer,
                elementwise,
                new CudaReduction(context, memory),
                gemm,
                conv2d,
                null, // throws below
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
    public Precision precision() {
        return precision;
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
    public List<String> planChoices() {
        return conv2d.planChoices();
    }

    @Override
    public List<String> usePlans(List<String> choices) {
        return conv2d.usePlans(choices);
    }

    @Override
    public BatchNormKernels batchNorm() {
        throw needs("batch normalization", "cuDNN");
    }

    @Override
    public boolean captures() {
        return graphs;
    }

    @Override
    public StepGraph capture(Runnable step) {
        return new StepGraph(context, memory, transfer, layouts, step);
    }

    @Override
    public StagingBuffer staging(int bytes) {
        return new CudaStaging(context, memory, bytes);
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
        conv2d.close();
        gemm.close();
        augment.close();
        update.close();
        tables.close();
        shortcut.close();
        try {
            memory.trim();
        } finally {
            // after a fault nothing can be freed individually any more, but the context can, and all its memory with it
            context.close();
        }
    }
}
