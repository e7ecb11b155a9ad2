package greg.kernels.cuda;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Collectives;
import greg.kernels.Device;
import greg.kernels.KernelException;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.Precision;
import greg.kernels.StagingBuffer;
import java.util.List;

/**
 * One GPU: cuDNN for convolutions, cuBLAS for matrix products, and kernels of this project for everything else. Used by the
 * thread that opened it:
 * calls from another throw.
 */
public final class CudaBackend implements Backend {
    private final CudaContext context;
    private final Precision precision;
    private final Device device;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;
    private final CudaTransfer transfer;
    private final BlockCounters counters;
    private final CudaShortcut shortcut;
    private final UpdateTables tables;
    private final CudaUpdate update;
    private final CudaAugment augment;
    private final CudaGemm gemm;
    private final CudaConv2d conv2d;
    private final NarrowGradients gradients;
    private final KernelFamilies kernels;
    private final Collectives collectives;
    private final boolean graphs;
    private boolean closed;

    /** Opens the device that the options name. */
    public CudaBackend(BackendOptions options) {
        context = new CudaContext(options.index());
        device = new Device("cuda", context.deviceName(), context.computeCapability(), 1, context.details());
        precision = options.precision() == null ? Precision.TF32 : options.precision();
        if (precision == Precision.BF16) context.requireCapability(8, "bf16");
        graphs = options.graphs();
        memory = new DeviceMemory(context, CudaLayouts.type(precision));
        layouts = new CudaLayouts(context, memory);
        counters = new BlockCounters(context, memory);
        transfer = new CudaTransfer(context, layouts);
        shortcut = new CudaShortcut(context, memory, transfer, layouts);
        tables = new UpdateTables(context, memory, transfer, layouts);
        update = new CudaUpdate(context, memory, transfer, tables);
        augment = new CudaAugment(context, memory, transfer, layouts);
        gemm = new CudaGemm(context, memory, precision != Precision.FP32);
        CudaElementwise elementwise = new CudaElementwise(context, memory, layouts, counters);
        gradients = new NarrowGradients(context, memory);
        conv2d = new CudaConv2d(context, memory, layouts, elementwise, gradients, precision, options.deterministic());
        kernels = new KernelFamilies(
                transfer,
                elementwise,
                new CudaReduction(context, memory),
                gemm,
                conv2d,
                new CudaBatchNorm(context, memory, layouts, counters),
                new CudaPool2d(context, layouts),
                shortcut,
                new CudaConcat(context, layouts),
                new CudaGate(context, memory, layouts),
                new CudaUpsampleNearest(context, layouts),
                new CudaSoftmaxLoss(context, memory),
                new CudaPenalty(context, tables),
                update,
                augment,
                new CudaRandom(context));
        collectives =
                options.processes() == null ? Collectives.ALONE : new CudaCollectives(context, options.processes());
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
    public Collectives collectives() {
        return collectives;
    }

    @Override
    public boolean captures() {
        return graphs;
    }

    @Override
    public StepGraph capture(Runnable step) {
        gradients.widenAll();
        return new StepGraph(context, memory, transfer, layouts, step);
    }

    @Override
    public StagingBuffer staging(int bytes, int numbers) {
        return new CudaStaging(context, memory, bytes, numbers);
    }

    /** A stop watch in the stream of this backend's kernels. */
    public DeviceTimer timer() {
        return new DeviceTimer(context);
    }

    /**
     * What each launch of a step costs, in the order of the stream: kernels, copies and fills, issued by calls, with an event
     * behind each. Times are right while the device is behind the host: issue work before it that keeps the device busy until
     * the step has been issued. They include the event's own, which {@link #timer} measures with nothing between its points.
     *
     * @throws KernelException if the step replays a recorded one, of which nothing would be seen
     */
    public List<KernelTime> profile(Runnable step) {
        return context.profile(step);
    }

    /**
     * cuDNN's own description of the device, from which a machine without one can ask which engines cuDNN has for it: JSON.
     *
     * @throws KernelException if cuDNN is missing or older than 9.8
     */
    public String cudnnDevice() {
        return conv2d.deviceDescription();
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
        try {
            collectives.close();
            conv2d.close();
            gemm.close();
            augment.close();
            update.close();
            tables.close();
            shortcut.close();
            counters.close();
            memory.trim();
        } finally {
            // after a fault nothing can be freed individually any more, but the context can, and all its memory with it
            context.close();
        }
    }
}
