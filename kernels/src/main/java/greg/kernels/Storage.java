package greg.kernels;

/**
 * A reference-counted piece of device memory: {@code length} elements of one type. The shape belongs to the tensor; the
 * order of the elements belongs to the backend, which may keep a 4-D activation in a blocked or channels-last layout. A
 * kernel that writes a whole storage chooses its layout; readers follow it.
 *
 * <p>Storages come from {@link Memory#allocate} with one reference and go back to the pool when the last reference is
 * {@linkplain #release() released}. Nothing depends on the garbage collector.
 */
public abstract class Storage {
    private final Memory memory;
    /** The block that this is a part of, or null. */
    private final Storage whole;

    private final DType type;
    private final long length;
    private final long room;
    private int references = 1;
    private long version;
    private long block;

    /**
     * A block of {@code length} elements with one reference.
     *
     * @param memory the pool that it returns to
     */
    protected Storage(Memory memory, DType type, long length) {
        this(memory, type, length, length);
    }

    /**
     * A block with more room than its elements need, with one reference.
     *
     * @param room elements that fit: layouts may pad channels
     */
    protected Storage(Memory memory, DType type, long length, long room) {
        this(memory, null, type, length, room);
    }

    /** A part of a larger block, to which it holds a reference. */
    protected Storage(Storage whole, DType type, long length, long room) {
        this(whole.memory, whole.retain(), type, length, room);
    }

    private Storage(Memory memory, Storage whole, DType type, long length, long room) {
        this.memory = memory;
        this.whole = whole;
        this.type = type;
        this.length = length;
        this.room = room;
    }

    /** Element type. */
    public final DType type() {
        return type;
    }

    /** Number of elements, padding not counted. */
    public final long length() {
        return length;
    }

    /** Number of elements that fit: those of the tensor, and what a layout may pad its channels with. */
    public final long room() {
        return room;
    }

    /** Bytes of the block. */
    public final long bytes() {
        return room * type.bytes();
    }

    /** Counts writes: backends key what they derive from the content (packed weights) by it. */
    public final long version() {
        return version;
    }

    /** To be called by every kernel that writes this storage. */
    public final void touch() {
        version++;
        memory.written(this);
    }

    /** The number of the pool's block under it. */
    final long block() {
        return block;
    }

    final void block(long number) {
        block = number;
    }

    /** Adds a reference and returns this storage. */
    public final Storage retain() {
        if (references <= 0) throw new KernelException("retain of a storage that was already released");
        references++;
        return this;
    }

    /** Drops a reference; the last one returns the memory to the pool. */
    public final void release() {
        if (references <= 0) throw new KernelException("release of a storage that was already released");
        references--;
        if (references > 0) return;
        released();
        if (whole == null) memory.recycle(this);
        else whole.release();
    }

    /** Called when the last reference is gone, for a backend that keeps something derived from the content with the storage. */
    protected void released() {}

    /** True while nothing else holds this storage, so that its owner may overwrite it in place. */
    public final boolean exclusive() {
        return references == 1;
    }

    /** True until the last reference is released. */
    public final boolean live() {
        return references > 0;
    }

    /** Throws unless the storage is live; backends call it before they touch the memory. */
    protected final void checkLive() {
        if (references <= 0) throw new KernelException("use of a storage after its release: " + length + " " + type);
    }
}
