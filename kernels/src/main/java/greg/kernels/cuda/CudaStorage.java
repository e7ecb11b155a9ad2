package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Memory;
import greg.kernels.Storage;

/** Device memory with the layout that its last writer chose. */
final class CudaStorage extends Storage {
    private final DeviceAddress address;
    private CudaLayout layout = CudaLayout.NCHW;

    CudaStorage(Memory memory, DeviceAddress address, DType type, long length) {
        super(memory, type, length);
        this.address = address;
    }

    /** The live storage of this backend behind {@code storage}. */
    static CudaStorage of(Storage storage) {
        if (!(storage instanceof CudaStorage cuda)) {
            throw new KernelException("cuda: expected a storage of the cuda backend, got "
                    + (storage == null ? "null" : storage.getClass().getSimpleName()) + "; upload it there first");
        }
        cuda.checkLive();
        return cuda;
    }

    /** As {@link #of}, for consumers that do not know a shape: the storage must be dense. */
    static CudaStorage dense(Storage storage) {
        CudaStorage cuda = of(storage);
        if (cuda.layout != CudaLayout.NCHW) {
            throw new KernelException("cuda: expected a dense storage, got " + cuda.layout + " of " + cuda.length()
                    + " elements; rewrite it with transfer().toPlain first");
        }
        return cuda;
    }

    DeviceAddress address() {
        return address;
    }

    CudaLayout layout() {
        return layout;
    }

    /** Records a write of the whole storage with these dimensions. */
    void wrote(CudaLayout written, int[] dims) {
        layout = written.canonical(dims);
        touch();
    }

    /** Records a dense write. */
    void wrotePlain() {
        layout = CudaLayout.NCHW;
        touch();
    }

    /** Records a write in another storage's layout. */
    void wroteLike(CudaStorage other) {
        layout = other.layout;
        touch();
    }
}
