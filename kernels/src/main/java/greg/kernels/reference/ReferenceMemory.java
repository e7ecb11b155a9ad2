package greg.kernels.reference;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;
import java.util.Arrays;

/**
 * Java arrays as device memory. Every allocation is poisoned (NaN, the smallest int, byte 0xA5), so that a kernel that
 * leaves a part of its output unwritten, or adds to what it should overwrite, is detected.
 */
final class ReferenceMemory extends MemoryPool<ReferenceMemory.Block> {
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    /** Room for a number of bytes; the pool knows sizes only, so a block has one array for each type it has been used as. */
    static final class Block {
        private float[] floats;
        private int[] ints;
        private byte[] bytes;

        private Object array(DType type, int length) {
            switch (type) {
                case FLOAT32 -> {
                    if (floats == null) floats = new float[length];
                    Arrays.fill(floats, Float.NaN);
                    return floats;
                }
                case INT32 -> {
                    if (ints == null) ints = new int[length];
                    Arrays.fill(ints, Integer.MIN_VALUE);
                    return ints;
                }
                default -> {
                    if (bytes == null) bytes = new byte[length];
                    Arrays.fill(bytes, (byte) 0xA5);
                    return bytes;
                }
            }
        }
    }

    @Override
    protected Block obtain(long bytes) {
        return new Block();
    }

    @Override
    protected void free(Block block, long bytes) {
        // left to the garbage collector
    }

    @Override
    protected Storage wrap(Block block, DType type, long length) {
        if (length > LARGEST_ARRAY) {
            throw new KernelException("allocate on reference: " + length + " " + type + " elements, expected at most "
                    + LARGEST_ARRAY + " (a Java array); use device = cpu or cuda");
        }
        try {
            return new ReferenceStorage(this, block, type, length, block.array(type, (int) length));
        } catch (OutOfMemoryError e) {
            throw new KernelException(
                    "allocate on reference: no room for " + length * type.bytes() + " bytes in addition to the "
                            + liveBytes() + " in use; raise the JVM's -Xmx or lower the batch size",
                    e);
        }
    }

    @Override
    protected Block unwrap(Storage storage) {
        return ((ReferenceStorage) storage).block();
    }
}
