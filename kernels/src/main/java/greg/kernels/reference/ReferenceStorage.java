package greg.kernels.reference;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;

/** A storage that is a Java array, dense and row-major. */
final class ReferenceStorage extends Storage {
    private final ReferenceMemory.Block block;
    private final Object array;

    ReferenceStorage(ReferenceMemory memory, ReferenceMemory.Block block, DType type, long length, Object array) {
        super(memory, type, length);
        this.block = block;
        this.array = array;
    }

    ReferenceMemory.Block block() {
        return block;
    }

    /** The elements of a FLOAT32 storage, to be read. */
    static float[] floats(Storage storage) {
        return (float[]) of(storage, DType.FLOAT32).array;
    }

    /** The elements of a FLOAT32 storage, to be written: counts a new version. */
    static float[] floatsOut(Storage storage) {
        float[] elements = floats(storage);
        storage.touch();
        return elements;
    }

    /** The elements of an INT32 storage, to be read. */
    static int[] ints(Storage storage) {
        return (int[]) of(storage, DType.INT32).array;
    }

    /** The elements of an INT32 storage, to be written. */
    static int[] intsOut(Storage storage) {
        int[] elements = ints(storage);
        storage.touch();
        return elements;
    }

    /** The elements of a UINT8 storage, to be read. */
    static byte[] bytes(Storage storage) {
        return (byte[]) of(storage, DType.UINT8).array;
    }

    /** The elements of a UINT8 storage, to be written. */
    static byte[] bytesOut(Storage storage) {
        byte[] elements = bytes(storage);
        storage.touch();
        return elements;
    }

    private static ReferenceStorage of(Storage storage, DType type) {
        if (!(storage instanceof ReferenceStorage own)) {
            throw new KernelException("reference kernel: expected a storage of the reference backend, got "
                    + (storage == null ? "null" : storage.getClass().getSimpleName())
                    + "; move it there by download and upload");
        }
        own.checkLive();
        if (own.type() != type) {
            throw new KernelException("reference kernel: expected a " + type + " storage, got " + own.type());
        }
        return own;
    }
}
