package greg.kernels.cuda;

import greg.kernels.AugmentKernels;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BatchNormKernels;
import greg.kernels.ConcatKernels;
import greg.kernels.Conv2dKernels;
import greg.kernels.Device;
import greg.kernels.ElementwiseKernels;
import greg.kernels.GemmKernels;
import greg.kernels.KernelException;
import greg.kernels.Memory;
import greg.kernels.PenaltyKernels;
import greg.kernels.Pool2dKernels;
import greg.kernels.RandomKernels;
import greg.kernels.ReductionKernels;
import greg.kernels.ShortcutKernels;
import greg.kernels.SoftmaxLossKernels;
import greg.kernels.TransferKernels;
import greg.kernels.UpdateKernels;

/**
 * One GPU, float32. This build runs the project's own kernels on it; the families that are cuDNN's and cuBLAS's
 * (convolution, batch normalisation, pooling windows, matrix products) refuse with a message. For the thread that opened
 * it: calls from another are refused.
 */
public final class CudaBackend implements Backend {
    private final CudaContext context;
    private final Device device;
    private final DeviceMemory memory;
    private final CudaTransfer transfer;
    private final CudaElementwise elementwise;
    private final CudaReduction reduction;
    private final CudaPool2d pool2d;
    private final CudaShortcut shortcut;
    private final CudaConcat concat;
    private final CudaSoftmaxLoss softmaxLoss;
    private final UpdateTables tables;
    private final CudaPenalty penalty;
    private final CudaUpdate update;
    private final CudaAugment augment;
    private final CudaRandom random;
    private boolean closed;

    /** Opens the device that the options name. */
    public CudaBackend(BackendOptions options) {
        context = new CudaContext(options.index());
        device = new Device("cuda", context.deviceName(), 1, context.details());
        memory = new DeviceMemory(context);
        CudaLayouts layouts = new CudaLayouts(context, memory);
        transfer = new CudaTransfer(context, layouts);
        elementwise = new CudaElementwise(context, memory, layouts);
        reduction = new CudaReduction(context, memory);
        pool2d = new CudaPool2d(context);
        shortcut = new CudaShortcut(context, memory, transfer);
        concat = new CudaConcat(context, layouts);
        softmaxLoss = new CudaSoftmaxLoss(context, memory);
        tables = new UpdateTables(context, memory, transfer);
        penalty = new CudaPenalty(context, tables);
        update = new CudaUpdate(context, memory, transfer, tables);
        augment = new CudaAugment(context, memory, transfer);
        random = new CudaRandom(context, transfer);
    }

    /** The refusal of a family that needs a library which this build does not use. */
    static KernelException needs(String family, String library) {
        return new KernelException(
                "cuda: " + family + " needs " + library + ", which this build does not use yet; --device cpu");
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
    public TransferKernels transfer() {
        return transfer;
    }

    @Override
    public ElementwiseKernels elementwise() {
        return elementwise;
    }

    @Override
    public ReductionKernels reduction() {
        return reduction;
    }

    @Override
    public GemmKernels gemm() {
        throw needs("matrix multiplication", "cuBLAS");
    }

    @Override
    public Conv2dKernels conv2d() {
        throw needs("convolution", "cuDNN");
    }

    @Override
    public BatchNormKernels batchNorm() {
        throw needs("batch normalisation", "cuDNN");
    }

    @Override
    public Pool2dKernels pool2d() {
        return pool2d;
    }

    @Override
    public ShortcutKernels shortcut() {
        return shortcut;
    }

    @Override
    public ConcatKernels concat() {
        return concat;
    }

    @Override
    public SoftmaxLossKernels softmaxLoss() {
        return softmaxLoss;
    }

    @Override
    public PenaltyKernels penalty() {
        return penalty;
    }

    @Override
    public UpdateKernels update() {
        return update;
    }

    @Override
    public AugmentKernels augment() {
        return augment;
    }

    @Override
    public RandomKernels random() {
        return random;
    }

    /**
     * Records the kernels that {@code step} launches, without running them, to be replayed with one call. The step must
     * have run once before, so that its modules, tables and memory are there; it may neither upload nor download nor wait.
     *
     * @throws KernelException if the step does what cannot be recorded
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

    /** For tests of the kernels that no family of the seam reaches. */
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
        try {
            memory.trim();
        } finally {
            // after a fault nothing can be freed singly any more, but the context can, and all its memory with it
            context.close();
        }
    }
}
