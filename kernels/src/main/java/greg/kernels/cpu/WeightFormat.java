package greg.kernels.cpu;

import greg.kernels.spec.Conv2dSpec;
import java.util.Arrays;
import org.bytedeco.dnnl.memory;

/**
 * The order in which a kind of primitive needs a weight (or writes its gradient), and the conversions in both directions.
 */
final class WeightFormat {
    private final memory.desc desc;
    private final long bytes;
    private final Plan pack;
    private final Plan unpack;
    private final Mirror mirror;
    private final Conv2dSpec mirrorOf;
    private final HostBlock mirrored;

    /**
     * Use {@link WeightFormats#of}.
     *
     * @param pack null where the packed order is the dense one
     */
    WeightFormat(memory.desc desc, Plan pack, Plan unpack) {
        this(desc, pack, unpack, null, null);
    }

    /**
     * Use {@link WeightFormats#mirrored}.
     *
     * @param mirrorOf the convolution that has the weight
     */
    WeightFormat(memory.desc desc, Plan pack, Plan unpack, Mirror mirror, Conv2dSpec mirrorOf) {
        this.desc = desc;
        this.bytes = desc.get_size();
        this.pack = pack;
        this.unpack = unpack;
        this.mirror = mirror;
        this.mirrorOf = mirrorOf;
        this.mirrored = mirror == null ? null : HostBlock.require(Float.BYTES * weights(mirrorOf));
    }

    private static long weights(Conv2dSpec spec) {
        long count = 1;
        for (int d : spec.wDims()) count *= d;
        return count;
    }

    memory.desc desc() {
        return desc;
    }

    /** Whether this is {@code target}, mirrored as in {@code spec} or, with null, not. */
    boolean is(memory.desc target, Conv2dSpec spec) {
        boolean sameSource =
                spec == null ? mirror == null : mirror != null && Arrays.equals(spec.wDims(), mirrorOf.wDims());
        return sameSource && desc.equals(target);
    }

    /** Bytes of a packed copy, which may be padded. */
    long bytes() {
        return bytes;
    }

    /** True when the packed order is the dense one, so that no copy is needed. */
    boolean plain() {
        return pack == null;
    }

    /** Dense to packed. */
    void pack(CpuStorage dense, CpuStorage packed) {
        if (mirror != null) mirror.mirror(mirrorOf, dense.block, mirrored);
        pack.bind(0, mirror == null ? dense.block.pointer() : mirrored.pointer())
                .bind(1, packed)
                .run();
    }

    /** Packed to dense. */
    void unpack(CpuStorage packed, CpuStorage dense) {
        unpack.bind(0, packed).bind(1, dense).run();
    }

    void close() {
        desc.releaseReference();
        if (pack != null) pack.close();
        if (unpack != null) unpack.close();
        if (mirrored != null) mirrored.free();
    }
}
