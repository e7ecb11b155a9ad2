package greg.kernels.cpu;

import greg.kernels.AugmentKernels;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BatchNormKernels;
import greg.kernels.ConcatKernels;
import greg.kernels.Conv2dKernels;
import greg.kernels.Device;
import greg.kernels.ElementwiseKernels;
import greg.kernels.GemmKernels;
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
 * The CPU through oneDNN, float32. Use it from one thread: that thread's OpenMP team does the work, and a second one would
 * fight with it for the cores.
 */
public final class CpuBackend implements Backend {
    private final OneDnn dnn;
    private final Device device;
    private final HostMemory memory = new HostMemory();
    private final LayoutChoice choice = new LayoutChoice();
    private final Reorders reorders;
    private final CpuTransfer transfer;
    private final CpuElementwise elementwise;
    private final CpuReduction reduction = new CpuReduction();
    private final CpuGemm gemm;
    private final CpuConv2d conv2d;
    private final CpuBatchNorm batchNorm;
    private final CpuPool2d pool2d;
    private final CpuShortcut shortcut;
    private final CpuConcat concat;
    private final CpuSoftmaxLoss softmaxLoss = new CpuSoftmaxLoss();
    private final UpdateTeam team;
    private final CpuPenalty penalty;
    private final CpuUpdate update;
    private final CpuAugment augment = new CpuAugment();
    private final CpuRandom random = new CpuRandom();
    private boolean closed;

    /** Loads oneDNN, if this process has not yet, and opens the backend with the options' thread count. */
    public CpuBackend(BackendOptions options) {
        int threads = options.resolvedThreads();
        dnn = OneDnn.open(threads);
        device = new Device("cpu", CpuName.get(), threads, OneDnn.details());
        reorders = new Reorders(dnn, memory);
        transfer = new CpuTransfer(reorders);
        elementwise = new CpuElementwise(dnn, reorders);
        gemm = new CpuGemm(dnn);
        conv2d = new CpuConv2d(dnn, memory, reorders, choice);
        batchNorm = new CpuBatchNorm(dnn, memory, reorders, elementwise);
        pool2d = new CpuPool2d(dnn, memory, reorders, choice);
        shortcut = new CpuShortcut(memory, conv2d);
        concat = new CpuConcat(reorders);
        team = new UpdateTeam(threads, UpdateTeam.PARALLEL_WEIGHTS);
        penalty = new CpuPenalty(team);
        update = new CpuUpdate(team);
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
        return gemm;
    }

    @Override
    public Conv2dKernels conv2d() {
        return conv2d;
    }

    @Override
    public BatchNormKernels batchNorm() {
        return batchNorm;
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

    /** If all counts are multiples of 16, activations come in blocks of 16 channels, else channels-last. */
    @Override
    public void expectChannels(int... convInputChannels) {
        choice.expect(convInputChannels);
    }

    Layout preferred(int channels) {
        return choice.preferred(channels);
    }

    /** The layout changes made so far, for tests of how few there are. */
    Reorders reorders() {
        return reorders;
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        team.close();
        shortcut.close();
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
