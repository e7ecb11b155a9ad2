package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Memory;
import greg.kernels.Storage;

/**
 * Device memory with the layout that its last writer chose, of a weight the copy in bfloat16 that convolutions read, and of a
 * weight's gradient the bfloat16 that a convolution has left: {@link NarrowGradients}.
 */
final class CudaStorage extends Storage {
    private final DeviceAddress address;
    private boolean zeroBehind;
    private Arrangement arrangement;
    private CudaStorage half;
    private long halfVersion;
    private CudaStorage narrow;
    private NarrowGradients gradients;
    private boolean isNarrow;

    /**
     * How the elements lie.
     *
     * @param dims in NHWC the shape, else null
     * @param pitch in NHWC the channels and their padding, else 0
     * @param extent elements, padding included
     */
    record Arrangement(CudaLayout layout, int[] dims, int pitch, long extent) {
        boolean same(Arrangement other) {
            return layout == other.layout && pitch == other.pitch && extent == other.extent;
        }
    }

    CudaStorage(Memory memory, DeviceAddress address, DType type, long length) {
        this(memory, address, type, length, length);
    }

    CudaStorage(Memory memory, DeviceAddress address, DType type, long length, long room) {
        super(memory, type, length, room);
        this.address = address;
        arrangement = dense();
    }

    private Arrangement dense() {
        return new Arrangement(CudaLayout.NCHW, null, 0, length());
    }

    /** Part of a block, from byte {@code offset} on. */
    CudaStorage(CudaStorage whole, long offset, DType type, long length, long room) {
        super(whole, type, length, room);
        address = whole.address.plus(offset);
        arrangement = dense();
    }

    /** The live storage of this backend behind {@code storage}, with its content in its own memory. */
    static CudaStorage of(Storage storage) {
        CudaStorage cuda = asHeld(storage);
        cuda.widen();
        return cuda;
    }

    /** As {@link #of}, for a kernel that overwrites all of it. */
    static CudaStorage overwritten(Storage storage) {
        CudaStorage cuda = asHeld(storage);
        cuda.isNarrow(false);
        return cuda;
    }

    /** As {@link #of}, but the content may be {@linkplain #narrowContent narrow}. */
    static CudaStorage asHeld(Storage storage) {
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
        if (cuda.layout() != CudaLayout.NCHW) {
            throw new KernelException("cuda: expected a dense storage, got " + cuda.layout() + " of " + cuda.length()
                    + " elements; rewrite it with transfer().toPlain first");
        }
        return cuda;
    }

    DeviceAddress address() {
        if (isNarrow) {
            throw new KernelException("cuda: expected a gradient of " + length()
                    + " elements in float32, got one that is still in bfloat16; take it with CudaStorage.of");
        }
        return address;
    }

    CudaLayout layout() {
        return arrangement.layout;
    }

    /** Elements from one pixel to the next in NHWC: the channels and their padding. */
    int pitch() {
        return arrangement.pitch;
    }

    /** Elements in the present layout, padding included: what an elementwise kernel goes over. */
    long extent() {
        return arrangement.extent;
    }

    /** Whether the elements lie as NHWC with this pitch: with one pixel, or one channel, a dense storage does so too. */
    boolean isChannelsLast(int[] dims, int wanted) {
        if (layout() == CudaLayout.NHWC) return pitch() == wanted;
        return dims[1] == wanted && (dims[1] == 1 || dims[2] * dims[3] == 1);
    }

    /** Whether the elements of a tensor of rank 4 are dense in the order NCHW: of one pixel, or one channel, NHWC's are too. */
    boolean isDense(int[] dims) {
        return layout() == CudaLayout.NCHW || dims[1] == pitch() && (dims[1] == 1 || dims[2] * dims[3] == 1);
    }

    /**
     * Whether the room behind a weight, for the filters that pad their number, holds zeros: nothing writes there once it was
     * set to 0.
     */
    boolean zeroBehind() {
        return zeroBehind;
    }

    /** Records that the room behind the elements was set to 0. */
    void clearedBehind() {
        zeroBehind = true;
    }

    /** Records a write of the whole storage in NHWC with this pitch; the padding has been set to 0. */
    void wroteChannelsLast(int[] dims, int written) {
        long elements = (long) dims[0] * dims[2] * dims[3] * written;
        if (elements > room()) {
            throw new KernelException("cuda: expected room for " + elements + " elements, the storage has " + room());
        }
        arrangement = new Arrangement(CudaLayout.NHWC, dims, written, elements);
        touch();
    }

    /** Records a dense write. */
    void wrotePlain() {
        arrangement = dense();
        touch();
    }

    /** Records a write in another storage's layout. */
    void wroteLike(CudaStorage other) {
        arrangement = other.arrangement;
        touch();
    }

    Arrangement arrangement() {
        return arrangement;
    }

    /** Says how the elements lie without a write: for the bookkeeping of recorded steps. */
    void arrangement(Arrangement now) {
        arrangement = now;
    }

    /** The copy in bfloat16, or null; it may be older than the content: {@link #halfIsCurrent}. */
    CudaStorage half() {
        return half;
    }

    /** Takes over the reference to a copy, which goes with this storage; releases an earlier one. */
    void half(CudaStorage copy) {
        if (half != null) half.release();
        half = copy;
        halfIsCurrent(false);
    }

    /** Records that a kernel has written the copy from the present content. */
    void wroteHalf() {
        half.touch();
        halfIsCurrent(true);
    }

    boolean halfIsCurrent() {
        return half != null && halfVersion == version();
    }

    /** For the bookkeeping of recorded steps. */
    void halfIsCurrent(boolean current) {
        halfVersion = current ? version() : -1;
    }

    /** The memory for this storage's content in bfloat16, or null. */
    CudaStorage narrow() {
        return narrow;
    }

    /** Takes over the reference to such memory, which goes with this storage; {@code keeper} widens what is written there. */
    void narrow(CudaStorage block, NarrowGradients keeper) {
        narrow = block;
        gradients = keeper;
    }

    /** The content in bfloat16 if it is there and nowhere else, or null. */
    CudaStorage narrowContent() {
        return isNarrow ? narrow : null;
    }

    /** Records that a kernel has written the content to the memory for bfloat16. */
    void wroteNarrow() {
        arrangement = narrow.arrangement;
        isNarrow(true);
        touch();
    }

    boolean isNarrow() {
        return isNarrow;
    }

    /** Says where the content is: for the bookkeeping of recorded steps. */
    void isNarrow(boolean now) {
        if (now == isNarrow) return;
        isNarrow = now;
        if (now) gradients.add(this);
        else gradients.remove(this);
    }

    /** Brings narrow content into this storage's own memory. */
    void widen() {
        if (isNarrow) gradients.widen(this);
    }

    @Override
    protected void released() {
        isNarrow(false);
        if (narrow != null) narrow.release();
        narrow = null;
        if (half != null) half.release();
        half = null;
    }
}
