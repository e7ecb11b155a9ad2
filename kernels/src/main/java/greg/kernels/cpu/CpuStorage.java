package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Memory;
import greg.kernels.Storage;
import java.util.ArrayList;
import java.util.List;

/**
 * Host memory with the layout that its last writer chose, and the packed copies that convolutions made of it. Activations are
 * FLOAT32 or BFLOAT16, all else is FLOAT32.
 */
final class CpuStorage extends Storage {
    final HostBlock block;
    private Layout layout = Layout.PLAIN;
    private List<Packed> packed;

    /** A copy of a weight in the order that one kind of primitive needs; stale when the version has changed. */
    private static final class Packed {
        final WeightFormat format;
        final CpuStorage copy;
        long version = -1;

        Packed(WeightFormat format, CpuStorage copy) {
            this.format = format;
            this.copy = copy;
        }
    }

    CpuStorage(Memory memory, HostBlock block, DType type, long length) {
        super(memory, type, length);
        this.block = block;
    }

    /** The live storage of this backend behind {@code storage}. */
    static CpuStorage of(Storage storage) {
        if (!(storage instanceof CpuStorage cpu)) {
            throw new KernelException("cpu: expected a storage of the cpu backend, got "
                    + (storage == null ? "null" : storage.getClass().getSimpleName()) + "; upload it there first");
        }
        cpu.checkLive();
        return cpu;
    }

    /** As {@link #of}, for consumers that do not know a shape: the storage must be dense. */
    static CpuStorage dense(Storage storage) {
        CpuStorage cpu = of(storage);
        if (cpu.layout != Layout.PLAIN) {
            throw new KernelException("cpu: expected a dense storage, got " + cpu.layout + " of " + cpu.length()
                    + " elements; rewrite it with transfer().toPlain first");
        }
        return cpu;
    }

    /** BFLOAT16 if one of these activations is; a kernel computes in it and converts the others. Absent ones are null. */
    static DType type(CpuStorage... activations) {
        for (CpuStorage activation : activations) {
            if (activation != null && activation.type() == DType.BFLOAT16) return DType.BFLOAT16;
        }
        return DType.FLOAT32;
    }

    /** Reads {@code count} elements from element {@code at} on as float32. */
    void read(long at, float[] dst, int offset, int count) {
        if (type() == DType.BFLOAT16) block.readBfloat16(at, dst, offset, count);
        else block.read(at, dst, offset, count);
    }

    /** Writes {@code count} elements from element {@code at} on, rounded to this storage's type. */
    void write(long at, float[] src, int offset, int count) {
        if (type() == DType.BFLOAT16) block.writeBfloat16(at, src, offset, count);
        else block.write(at, src, offset, count);
    }

    /** The (canonical) layout of the content. */
    Layout layout() {
        return layout;
    }

    /** Records a write of the whole storage as (n, channels, pixels) in the given layout. */
    void wrote(Layout written, int channels, int pixels) {
        layout = written.canonical(channels, pixels);
        touch();
    }

    /** As {@link #wrote(Layout, int, int)} from dimensions of any rank; only rank 4 has a layout. */
    void wrote(Layout written, int[] dims) {
        if (dims.length == 4) wrote(written, dims[1], dims[2] * dims[3]);
        else wrotePlain();
    }

    /** Records a dense write. */
    void wrotePlain() {
        layout = Layout.PLAIN;
        touch();
    }

    /** Records a write in another storage's layout. */
    void wroteLike(CpuStorage other) {
        layout = other.layout;
        touch();
    }

    /** The copy of this weight in {@code format}, refreshed if the weight has been written since. */
    CpuStorage packed(WeightFormat format, HostMemory memory) {
        if (packed == null) packed = new ArrayList<>(2);
        Packed entry = null;
        for (Packed candidate : packed) {
            if (candidate.format == format) entry = candidate;
        }
        if (entry == null) {
            entry = new Packed(format, (CpuStorage) memory.allocate(DType.UINT8, format.bytes()));
            packed.add(entry);
        }
        if (entry.version != version()) {
            format.pack(this, entry.copy);
            entry.version = version();
        }
        return entry.copy;
    }

    /** Returns the packed copies to the pool. */
    void dropPacked() {
        if (packed == null) return;
        for (Packed entry : packed) entry.copy.release();
        packed = null;
    }
}
