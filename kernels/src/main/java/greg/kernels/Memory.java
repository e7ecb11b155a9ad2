package greg.kernels;

import java.util.List;

/**
 * A backend's memory: a pool of blocks keyed by size. The same sequence of allocations and releases gets the same addresses
 * again, and a training step in steady state asks the system for nothing.
 */
public interface Memory {
    /**
     * A storage with one reference and undefined content.
     *
     * @param length elements, at least 1
     * @throws KernelException when the device has no memory left; the message says how much was requested and how much is in
     *     use
     */
    Storage allocate(DType type, long length);

    /**
     * A storage for a tensor that kernels hand to each other, with undefined content: for rank 4 (N, C, H, W) in the precision
     * of this backend and with room for the channels that its layouts pad, else float32.
     */
    default Storage activation(int... dims) {
        return allocate(DType.FLOAT32, elements(dims));
    }

    /**
     * A FLOAT32 storage for a parameter, with undefined content: for rank 4, a convolution's weight (K, C, R, S), with room for
     * the order in which this backend's convolutions read it.
     */
    default Storage parameter(int... dims) {
        return allocate(DType.FLOAT32, elements(dims));
    }

    /** A storage of the type, length and room of another, with undefined content: for its gradient or its moving average. */
    Storage like(Storage other);

    /**
     * Storages like each of the others, with undefined content, in one block where the backend can: next to each other in this
     * order, each at a multiple of 256 bytes. The block is free when all of them have been released.
     */
    default List<Storage> neighbours(List<Storage> others) {
        return others.stream().map(this::like).toList();
    }

    /**
     * Bytes that a data set may take here so that its batches need not be sent one by one; 0 where this is the host's memory, in
     * which a data set lies anyway.
     */
    default long roomForData() {
        return 0;
    }

    private static long elements(int[] dims) {
        long product = 1;
        for (int dim : dims) product = Math.multiplyExact(product, (long) dim);
        return product;
    }

    /** Takes back a storage whose last reference was released. Called by {@link Storage#release()} only. */
    void recycle(Storage storage);

    /** Told of every write, for a backend that records steps. Called by {@link Storage#touch()} only. */
    default void written(Storage storage) {}

    /** Bytes in storages that are live. */
    long liveBytes();

    /** Bytes obtained from the system: those in use and those free in the pool. */
    long heldBytes();

    /** How many blocks were obtained from the system so far; does not grow in steady state. */
    long systemAllocations();

    /** Returns the free blocks to the system. */
    void trim();
}
