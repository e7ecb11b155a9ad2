package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;

/** Host memory outside the Java heap, pooled by size. */
final class HostMemory extends MemoryPool<HostBlock> {
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

    /** A float32 temporary for use inside one kernel. */
    CpuStorage temporary(long length) {
        return (CpuStorage) allocate(DType.FLOAT32, length);
    }
}
