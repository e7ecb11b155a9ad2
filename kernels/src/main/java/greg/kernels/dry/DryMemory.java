package greg.kernels.dry;

import greg.kernels.DType;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;

/** Counts bytes and holds none. */
final class DryMemory extends MemoryPool<DryMemory.Nothing> {
    /** The block under every storage. */
    enum Nothing {
        NOTHING
    }

    private static final class DryStorage extends Storage {
        private DryStorage(DryMemory memory, DType type, long length) {
            super(memory, type, length);
        }
    }

    @Override
    protected Nothing obtain(long bytes) {
        return Nothing.NOTHING;
    }

    @Override
    protected void free(Nothing block, long bytes) {
        // there is nothing to give back
    }

    @Override
    protected Storage wrap(Nothing block, DType type, long length) {
        return new DryStorage(this, type, length);
    }

    @Override
    protected Nothing unwrap(Storage storage) {
        return Nothing.NOTHING;
    }
}
