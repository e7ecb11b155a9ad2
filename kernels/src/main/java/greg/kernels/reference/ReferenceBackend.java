package greg.kernels.reference;

import greg.kernels.Backend;
import greg.kernels.Collectives;
import greg.kernels.Device;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.Processes;

/** The backend that defines what the others must compute. */
public final class ReferenceBackend implements Backend {
    static final Device DEVICE = new Device(
            "reference",
            "Java " + Runtime.version().feature() + " on " + System.getProperty("os.arch"),
            "Java",
            1,
            "plain loops, sums in double; slow, needs no native library");

    private final ReferenceMemory memory = new ReferenceMemory();
    private final KernelFamilies kernels = new KernelFamilies(
            new ReferenceTransfer(),
            new ReferenceElementwise(),
            new ReferenceReduction(),
            new ReferenceGemm(),
            new ReferenceConv2d(),
            new ReferenceBatchNorm(),
            new ReferencePool2d(),
            new ReferenceShortcut(),
            new ReferenceConcat(),
            new ReferenceGate(),
            new ReferenceUpsampleNearest(),
            new ReferenceSoftmaxLoss(),
            new ReferencePenalty(),
            new ReferenceUpdate(),
            new ReferenceAugment(),
            new ReferenceRandom());

    private final Collectives collectives;

    /** As one of these processes; null if there is only this one. */
    ReferenceBackend(Processes group) {
        collectives = group == null ? Collectives.ALONE : new ReferenceCollectives(group);
    }

    /** Of a process that trains alone. */
    public ReferenceBackend() {
        this(null);
    }

    @Override
    public Collectives collectives() {
        return collectives;
    }

    @Override
    public Device device() {
        return DEVICE;
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
    public void close() {
        memory.trim();
    }
}
