package greg.kernels.reference;

import greg.kernels.AugmentKernels;
import greg.kernels.Backend;
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

/** The backend that defines what the others must compute. */
public final class ReferenceBackend implements Backend {
    static final Device DEVICE = new Device(
            "reference",
            "Java " + Runtime.version().feature() + " on " + System.getProperty("os.arch"),
            1,
            "plain loops, sums in double; slow, needs no native library");

    private final ReferenceMemory memory = new ReferenceMemory();
    private final TransferKernels transfer = new ReferenceTransfer();
    private final ElementwiseKernels elementwise = new ReferenceElementwise();
    private final ReductionKernels reduction = new ReferenceReduction();
    private final GemmKernels gemm = new ReferenceGemm();
    private final Conv2dKernels conv2d = new ReferenceConv2d();
    private final BatchNormKernels batchNorm = new ReferenceBatchNorm();
    private final Pool2dKernels pool2d = new ReferencePool2d();
    private final ShortcutKernels shortcut = new ReferenceShortcut();
    private final ConcatKernels concat = new ReferenceConcat();
    private final SoftmaxLossKernels softmaxLoss = new ReferenceSoftmaxLoss();
    private final PenaltyKernels penalty = new ReferencePenalty();
    private final UpdateKernels update = new ReferenceUpdate();
    private final AugmentKernels augment = new ReferenceAugment();
    private final RandomKernels random = new ReferenceRandom();

    @Override
    public Device device() {
        return DEVICE;
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

    @Override
    public void close() {
        memory.trim();
    }
}
