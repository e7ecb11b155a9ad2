package greg.kernels.cpu;

import greg.kernels.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A piece of native memory aligned to a cache line, with the Java views for bulk copies. Blocks are reused
 * by the pool together with their views, so that a training step creates no pointer objects.
 */
final class HostBlock {
    /** Alignment in bytes: a cache line, and the width of an AVX-512 register. */
    static final int ALIGNMENT = 64;

    // direct buffers are indexed by int; longer blocks need several of them
    private static final int SEGMENT = 1 << 30;

    private final Pointer raw;
    private final BytePointer start;
    private final long bytes;
    private final ByteBuffer[] segments;
    private final FloatBuffer[] floats;
    private final IntBuffer[] ints;
    private final ShortBuffer[] shorts;
    private final List<BytePointer> slices = new ArrayList<>();

    private HostBlock(Pointer raw, long bytes, long alignment) {
        this.raw = raw;
        this.bytes = bytes;
        BytePointer unaligned = new BytePointer(raw);
        long shift = (alignment - raw.address() % alignment) % alignment;
        start = unaligned.getPointer(shift);
        int count = (int) ((bytes + SEGMENT - 1) / SEGMENT);
        segments = new ByteBuffer[count];
        floats = new FloatBuffer[count];
        ints = new IntBuffer[count];
        shorts = new ShortBuffer[count];
        for (int i = 0; i < count; i++) {
            BytePointer segment = start.getPointer((long) i * SEGMENT);
            segment.capacity(Math.min(SEGMENT, bytes - (long) i * SEGMENT));
            segments[i] = segment.asByteBuffer().order(ByteOrder.nativeOrder());
            floats[i] = segments[i].asFloatBuffer();
            ints[i] = segments[i].asIntBuffer();
            shorts[i] = segments[i].asShortBuffer();
        }
    }

    /** A block of undefined content, or null if the system has no memory left. */
    static HostBlock allocate(long bytes) {
        long alignment = HugePages.fit(bytes) ? HugePages.SIZE : ALIGNMENT;
        Pointer raw = Pointer.malloc(bytes + alignment);
        if (raw == null || raw.isNull()) return null;
        HostBlock block = new HostBlock(raw, bytes, alignment);
        if (HugePages.fit(bytes)) HugePages.advise(block.start.address(), bytes);
        return block;
    }

    /** As above, but a KernelException where there is none. */
    static HostBlock require(long bytes) {
        HostBlock block = allocate(bytes);
        if (block == null) throw new KernelException("cpu: no memory for " + bytes + " bytes; use smaller batches");
        return block;
    }

    /** Returns the memory to the system; no view may be used afterwards. */
    void free() {
        Pointer.free(raw);
    }

    /** Address of the first byte. */
    Pointer pointer() {
        return start;
    }

    /** Address of byte {@code offset}; the object is kept for the next call with the same offset. */
    Pointer pointer(long offset) {
        if (offset == 0) return start;
        long address = start.address() + offset;
        for (BytePointer slice : slices) {
            if (slice.address() == address) return slice;
        }
        BytePointer slice = start.getPointer(offset);
        slices.add(slice);
        return slice;
    }

    /** Sets every byte. */
    void fill(int value) {
        Pointer.memset(start, value, bytes);
    }

    /** Copies {@code count} bytes from the start of another block to the start of this one. */
    void copyFrom(HostBlock other, long count) {
        Pointer.memmove(start, other.start, count);
    }

    void read(long at, float[] dst, int offset, int count) {
        while (count > 0) {
            FloatBuffer view = floats[(int) (at / (SEGMENT / 4))];
            int index = (int) (at % (SEGMENT / 4));
            int now = Math.min(count, SEGMENT / 4 - index);
            view.get(index, dst, offset, now);
            at += now;
            offset += now;
            count -= now;
        }
    }

    void write(long at, float[] src, int offset, int count) {
        while (count > 0) {
            FloatBuffer view = floats[(int) (at / (SEGMENT / 4))];
            int index = (int) (at % (SEGMENT / 4));
            int now = Math.min(count, SEGMENT / 4 - index);
            view.put(index, src, offset, now);
            at += now;
            offset += now;
            count -= now;
        }
    }

    /** Copies {@code count} floats from the start of this block to the buffer's position. */
    void read(long count, FloatBuffer dst) {
        for (int i = 0; count > 0; i++) {
            int now = (int) Math.min(count, SEGMENT / 4);
            dst.put(floats[i].slice(0, now));
            count -= now;
        }
    }

    /** Copies {@code count} floats from the buffer's position to the start of this block. */
    void write(long count, FloatBuffer src) {
        for (int i = 0; count > 0; i++) {
            int now = (int) Math.min(count, SEGMENT / 4);
            floats[i].slice(0, now).put(src.slice(src.position(), now));
            src.position(src.position() + now);
            count -= now;
        }
    }

    void read(long at, int[] dst, int offset, int count) {
        while (count > 0) {
            IntBuffer view = ints[(int) (at / (SEGMENT / 4))];
            int index = (int) (at % (SEGMENT / 4));
            int now = Math.min(count, SEGMENT / 4 - index);
            view.get(index, dst, offset, now);
            at += now;
            offset += now;
            count -= now;
        }
    }

    void write(long at, int[] src, int offset, int count) {
        while (count > 0) {
            IntBuffer view = ints[(int) (at / (SEGMENT / 4))];
            int index = (int) (at % (SEGMENT / 4));
            int now = Math.min(count, SEGMENT / 4 - index);
            view.put(index, src, offset, now);
            at += now;
            offset += now;
            count -= now;
        }
    }

    void read(long at, byte[] dst, int offset, int count) {
        while (count > 0) {
            ByteBuffer view = segments[(int) (at / SEGMENT)];
            int index = (int) (at % SEGMENT);
            int now = Math.min(count, SEGMENT - index);
            view.get(index, dst, offset, now);
            at += now;
            offset += now;
            count -= now;
        }
    }

    void write(long at, byte[] src, int offset, int count) {
        while (count > 0) {
            ByteBuffer view = segments[(int) (at / SEGMENT)];
            int index = (int) (at % SEGMENT);
            int now = Math.min(count, SEGMENT - index);
            view.put(index, src, offset, now);
            at += now;
            offset += now;
            count -= now;
        }
    }

    /** Elements as bfloat16, the upper halves of float32, widened. */
    void readBfloat16(long at, float[] dst, int offset, int count) {
        while (count > 0) {
            ShortBuffer view = shorts[(int) (at / (SEGMENT / 2))];
            int index = (int) (at % (SEGMENT / 2));
            int now = Math.min(count, SEGMENT / 2 - index);
            for (int i = 0; i < now; i++) dst[offset + i] = Float.intBitsToFloat(view.get(index + i) << 16);
            at += now;
            offset += now;
            count -= now;
        }
    }

    /** Elements as the nearest bfloat16, ties to the even one; NaN stays NaN. */
    void writeBfloat16(long at, float[] src, int offset, int count) {
        while (count > 0) {
            ShortBuffer view = shorts[(int) (at / (SEGMENT / 2))];
            int index = (int) (at % (SEGMENT / 2));
            int now = Math.min(count, SEGMENT / 2 - index);
            for (int i = 0; i < now; i++) {
                int bits = Float.floatToIntBits(src[offset + i]);
                view.put(index + i, (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16));
            }
            at += now;
            offset += now;
            count -= now;
        }
    }

    /** Element {@code at} as float32. */
    float get(long at) {
        return floats[(int) (at / (SEGMENT / 4))].get((int) (at % (SEGMENT / 4)));
    }

    /** Sets element {@code at} as float32. */
    void set(long at, float value) {
        floats[(int) (at / (SEGMENT / 4))].put((int) (at % (SEGMENT / 4)), value);
    }
}
