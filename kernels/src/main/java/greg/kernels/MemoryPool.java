package greg.kernels;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The accounting that every backend's {@link Memory} shares. Of the free blocks of exactly the size that is asked for, an
 * allocation gets the one that was obtained first: what a step gets depends on which blocks are free when it begins, and not on
 * the order in which the step before released them.
 *
 * @param <B> the backend's block: an array, a pointer
 */
public abstract class MemoryPool<B> implements Memory {
    private final Map<Long, TreeMap<Long, B>> free = new HashMap<>();
    /**
     * Blocks recycled since {@link #keepApart}, or null. Used before the free ones.
     */
    private Map<Long, TreeMap<Long, B>> apart;

    private long live;
    private long held;
    private long systemAllocations;

    /** Obtains a block from the system, or throws {@link KernelException}. */
    protected abstract B obtain(long bytes);

    /** Returns a block to the system. */
    protected abstract void free(B block, long bytes);

    /** Wraps a block for the caller of {@link #allocate}. */
    protected abstract Storage wrap(B block, DType type, long length);

    /** As above, for a backend whose storages may have more room than elements. */
    protected Storage wrap(B block, DType type, long length, long room) {
        return wrap(block, type, length);
    }

    /** The block under a storage made by {@link #wrap}. */
    protected abstract B unwrap(Storage storage);

    /** Called with every recycled block, for a backend that needs to know. */
    protected void recycled(B block, long bytes) {}

    @Override
    public final Storage allocate(DType type, long length) {
        return allocate(type, length, length);
    }

    @Override
    public final Storage like(Storage other) {
        return allocate(other.type(), other.length(), other.room());
    }

    /** As {@link #allocate(DType, long)} with room for more elements than the tensor has. */
    protected final Storage allocate(DType type, long length, long room) {
        if (length < 1) throw new IllegalArgumentException("allocate: expected at least 1 element, got " + length);
        long bytes = room * type.bytes();
        Map.Entry<Long, B> block = apart == null ? null : poll(apart, bytes);
        if (block == null) block = poll(free, bytes);
        if (block == null) block = fresh(bytes);
        return wrap(block, type, length, room);
    }

    private Map.Entry<Long, B> fresh(long bytes) {
        Map.Entry<Long, B> block = Map.entry(systemAllocations, obtain(bytes));
        held += bytes;
        systemAllocations++;
        return block;
    }

    private Storage wrap(Map.Entry<Long, B> block, DType type, long length, long room) {
        Storage storage = wrap(block.getValue(), type, length, room);
        storage.block(block.getKey());
        live += storage.bytes();
        return storage;
    }

    private Map.Entry<Long, B> poll(Map<Long, TreeMap<Long, B>> blocks, long bytes) {
        TreeMap<Long, B> waiting = blocks.get(bytes);
        return waiting == null ? null : waiting.pollFirstEntry();
    }

    @Override
    public final void recycle(Storage storage) {
        live -= storage.bytes();
        B block = unwrap(storage);
        (apart == null ? free : apart)
                .computeIfAbsent(storage.bytes(), size -> new TreeMap<>())
                .put(storage.block(), block);
        recycled(block, storage.bytes());
    }

    /**
     * From here on recycled blocks serve only the allocations before {@link #endKeepingApart}: a recording made in between
     * will use them again in every replay.
     */
    public final void keepApart() {
        if (apart != null) throw new KernelException("a step is being recorded already; end that recording first");
        apart = new HashMap<>();
    }

    /**
     * Ends it. The blocks stay apart, out of reach of {@link #trim}, until the result is run, once, which gives them back.
     */
    public final Runnable endKeepingApart() {
        Map<Long, TreeMap<Long, B>> kept = apart;
        apart = null;
        return () -> {
            kept.forEach((bytes, blocks) ->
                    free.computeIfAbsent(bytes, size -> new TreeMap<>()).putAll(blocks));
            kept.clear();
        };
    }

    @Override
    public final long liveBytes() {
        return live;
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
            // one by one: if the system fails to free one, those before it are gone and must not be freed again
            while (!blocks.isEmpty()) {
                held -= bytes;
                free(blocks.pollFirstEntry().getValue(), bytes);
            }
        });
        free.clear();
    }
}
