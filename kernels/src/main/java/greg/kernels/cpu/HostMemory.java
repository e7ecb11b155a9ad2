package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;

/** Host memory outside the Java heap, pooled by size. */
final class HostMemory extends MemoryPool<HostBlock> {
    private final DType activationType;

    /** For activations of rank 4 in FLOAT32 or BFLOAT16. */
    HostMemory(DType activationType) {
        this.activationType = activationType;
    }

    /** In which type kernels hand activations to each other. */
    DType activationType() {
        return activationType;
    }

    @Override
    public Storage activation(int... dims) {
        if (dims.length != 4) return super.activation(dims);
        return allocate(activationType, (long) dims[0] * dims[1] * dims[2] * dims[3]);
    }

    @Override
    protected HostBlock obtain(long bytes) {
        HostBlock block = HostBlock.allocate(bytes);
        if (block == null) {
            // the free blocks in the pool may be just what is missing
            trim();
            block = HostBlock.allocate(bytes);
        }
        if (block == null) {
            throw new KernelException("cpu: no memory for " + bytes + " bytes; " + liveBytes() + " are in use, "
                    + heldBytes() + " held. Use a smaller batch or a machine with more memory");
        }
        return block;
    }

    @Override
    protected void free(HostBlock block, long bytes) {
        block.free();
    }

    @Override
    protected Storage wrap(HostBlock block, DType type, long length) {
        return new CpuStorage(this, block, type, length);
    }

    @Override
    protected HostBlock unwrap(Storage storage) {
        CpuStorage released = (CpuStorage) storage;
        released.dropPacked();
        return released.block;
    }

    /** A temporary for use inside one kernel. */
    CpuStorage temporary(DType type, long length) {
        return (CpuStorage) allocate(type, length);
    }

    /** A float32 temporary for use inside one kernel. */
    CpuStorage temporary(long length) {
        return temporary(DType.FLOAT32, length);
    }
}
