package greg.kernels.cpu;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Collectives;
import greg.kernels.DType;
import greg.kernels.Device;
import greg.kernels.KernelException;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.Precision;
import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferencePlan;

/**
 * The CPU through oneDNN, in float32 or with activations in bfloat16. Use it from one thread: that thread's OpenMP team does the work (in inference as a whole,
 * threads of its own do), and a second one would
 * compete with it for the cores.
 */
public final class CpuBackend implements Backend {
    private final OneDnn dnn;
    private final Device device;
    private final Precision precision;
    private final HostMemory memory;
    private final LayoutChoice choice = new LayoutChoice();
    private final Reorders reorders;
    private final CpuElementwise elementwise;
    private final CpuGemm gemm;
    private final CpuConv2d conv2d;
    private final CpuBatchNorm batchNorm;
    private final CpuPool2d pool2d;
    private final CpuShortcut shortcut;
    private final CpuGate gate;
    private final UpdateTeam team;
    private final KernelFamilies kernels;
    private final Collectives collectives;
    private boolean closed;

    /**
     * Loads oneDNN, if this process has not yet, and opens the backend with the options' thread count.
     *
     * @throws KernelException if this processor does not compute in the options' precision
     */
    public CpuBackend(BackendOptions options) {
        precision = options.precision() == null ? Precision.FP32 : options.precision();
        int threads = options.resolvedThreads();
        dnn = OneDnn.open(threads);
        String why = OneDnn.whyNot(precision);
        if (why != null) {
            dnn.close();
            throw new KernelException("device cpu: " + why);
        }
        device = new Device("cpu", CpuName.get(), OneDnn.instructionSet(), threads, OneDnn.details());
        memory = new HostMemory(precision == Precision.BF16 ? DType.BFLOAT16 : DType.FLOAT32);
        reorders = new Reorders(dnn, memory);
        elementwise = new CpuElementwise(dnn, reorders);
        gemm = new CpuGemm(dnn);
        conv2d = new CpuConv2d(dnn, memory, reorders, choice, elementwise);
        batchNorm = new CpuBatchNorm(dnn, memory, reorders, elementwise);
        pool2d = new CpuPool2d(dnn, memory, reorders, choice);
        shortcut = new CpuShortcut(memory, conv2d);
        gate = new CpuGate(dnn, reorders);
        team = new UpdateTeam(threads, UpdateTeam.PARALLEL_WEIGHTS);
        kernels = new KernelFamilies(
                new CpuTransfer(reorders),
                elementwise,
                new CpuReduction(),
                gemm,
                conv2d,
                batchNorm,
                pool2d,
                shortcut,
                new CpuConcat(reorders),
                gate,
                new CpuUpsampleNearest(),
                new CpuSoftmaxLoss(),
                new CpuPenalty(team),
                new CpuUpdate(team),
                new CpuAugment(),
                new CpuRandom());
        collectives =
                options.processes() == null ? Collectives.ALONE : new CpuCollectives(options.processes(), threads);
    }

    @Override
    public KernelFamilies kernels() {
        return kernels;
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
    public Collectives collectives() {
        return collectives;
    }

    /** If all counts are multiples of 16, activations come in blocks of 16 channels, else channels-last. */
    @Override
    public void expectChannels(int... convInputChannels) {
        choice.expect(convInputChannels);
    }

    /** In float32 whatever the precision of training is. */
    @Override
    public InferencePlan inference(InferenceGraph graph, int images) {
        return CpuInferencePlan.fastest(dnn, graph, images, device.threads());
    }

    /** The layout changes made so far, for tests that count them. */
    Reorders reorders() {
        return reorders;
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        team.close();
        shortcut.close();
        gate.close();
        conv2d.close();
        batchNorm.close();
        pool2d.close();
        gemm.close();
        elementwise.close();
        reorders.close();
        memory.trim();
        dnn.close();
    }
}
