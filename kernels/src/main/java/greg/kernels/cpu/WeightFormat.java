package greg.kernels.cpu;

import org.bytedeco.dnnl.memory;

/**
 * The order in which a kind of primitive needs a weight (or writes its gradient), and the conversions in both directions.
 */
final class WeightFormat {
    private final memory.desc desc;
    private final long bytes;
    private final boolean plain;
    private final Plan pack;
    private final Plan unpack;

    /** Use {@link WeightFormats#of}. */
    WeightFormat(memory.desc desc, boolean plain, Plan pack, Plan unpack) {
        this.desc = desc;
        this.bytes = desc.get_size();
        this.plain = plain;
        this.pack = pack;
        this.unpack = unpack;
    }

    memory.desc desc() {
        return desc;
    }

    /** Bytes of a packed copy, which may be padded. */
    long bytes() {
        return bytes;
    }

    /** True when the packed order is the dense one, so that no copy is needed. */
    boolean plain() {
        return plain;
    }

    /** Dense to packed. */
    void pack(CpuStorage dense, CpuStorage packed) {
        pack.bind(0, dense).bind(1, packed).run();
    }

    /** Packed to dense. */
    void unpack(CpuStorage packed, CpuStorage dense) {
        unpack.bind(0, packed).bind(1, dense).run();
    }

    void close() {
        desc.releaseReference();
        if (pack != null) pack.close();
        if (unpack != null) unpack.close();
    }
}
