package greg.kernels;

/**
 * A backend's memory: a pool of blocks keyed by size, last in first out. The same sequence of allocations and releases
 * therefore gets the same addresses again, and a training step in steady state asks the system for nothing.
 */
public interface Memory {
    /**
     * A storage with one reference and undefined content.
     *
     * @param length elements, at least 1
     * @throws KernelException when the device has no room; the message says how much was asked for and is in use
     */
    Storage allocate(DType type, long length);

    /** Takes back a storage whose last reference was released. Called by {@link Storage#release()} only. */
    void recycle(Storage storage);

    /** Bytes in storages that are live. */
    long liveBytes();

    /** Bytes obtained from the system: live ones and those that wait in the pool. */
    long heldBytes();

    /** How many blocks were obtained from the system so far; does not grow in steady state. */
    long systemAllocations();

    /** Gives the waiting blocks back to the system. */
    void trim();
}
