package greg.kernels;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The accounting that every backend's {@link Memory} shares. Blocks of exactly equal size are reused last in first out.
 *
 * @param <B> the backend's block: an array, a pointer
 */
public abstract class MemoryPool<B> implements Memory {
    private final Map<Long, ArrayDeque<B>> free = new HashMap<>();
    private long live;
    private long peak;
    private long held;
    private long systemAllocations;

    /** Obtains a block from the system, or throws {@link KernelException}. */
    protected abstract B obtain(long bytes);

    /** Returns a block to the system. */
    protected abstract void free(B block, long bytes);

    /** Wraps a block for the caller of {@link #allocate}. */
    protected abstract Storage wrap(B block, DType type, long length);

    /** The block under a storage made by {@link #wrap}. */
    protected abstract B unwrap(Storage storage);

    @Override
    public final Storage allocate(DType type, long length) {
        if (length < 1) throw new IllegalArgumentException("allocate: expected at least 1 element, got " + length);
        long bytes = length * type.bytes();
        ArrayDeque<B> waiting = free.get(bytes);
        B block = waiting == null ? null : waiting.pollLast();
        if (block == null) {
            block = obtain(bytes);
            held += bytes;
            systemAllocations++;
        }
        Storage storage = wrap(block, type, length);
        live += bytes;
        peak = Math.max(peak, live);
        return storage;
    }

    @Override
    public final void recycle(Storage storage) {
        live -= storage.bytes();
        free.computeIfAbsent(storage.bytes(), size -> new ArrayDeque<>()).addLast(unwrap(storage));
    }

    @Override
    public final long liveBytes() {
        return live;
    }

    @Override
    public final long peakBytes() {
        return peak;
    }

    @Override
    public final long heldBytes() {
        return held;
    }

    @Override
    public final long systemAllocations() {
        return systemAllocations;
    }

    @Override
    public final void trim() {
        free.forEach((bytes, blocks) -> {
            blocks.forEach(block -> free(block, bytes));
            held -= bytes * blocks.size();
        });
        free.clear();
    }
}
