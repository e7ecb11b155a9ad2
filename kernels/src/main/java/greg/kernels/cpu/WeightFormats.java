package greg.kernels.cpu;

import greg.kernels.spec.Conv2dSpec;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;

/** One {@link WeightFormat} per distinct descriptor, so that convolutions that need the same order share the copy. */
final class WeightFormats {
    private final Reorders reorders;
    private final Mirror mirror = new Mirror();
    private final List<WeightFormat> formats = new ArrayList<>();

    WeightFormats(Reorders reorders) {
        this.reorders = reorders;
    }

    /**
     * The format with descriptor {@code target}; to be called inside a PointerScope.
     *
     * @param dense descriptor of the same weight in row-major order
     */
    WeightFormat of(memory.desc target, memory.desc dense) {
        WeightFormat known = find(target, null);
        if (known != null) return known;
        boolean plain = target.equals(dense);
        memory.desc kept = new memory.desc(target).retainReference();
        WeightFormat format = new WeightFormat(
                kept, plain ? null : reorders.plan(dense, kept), plain ? null : reorders.plan(kept, dense));
        formats.add(format);
        return format;
    }

    /**
     * The format with descriptor {@code target} of the {@link Mirror} of a weight; to be called inside a PointerScope.
     *
     * @param dense descriptor of the mirrored weight in row-major order
     * @param spec the convolution that has the weight
     */
    WeightFormat mirrored(memory.desc target, memory.desc dense, Conv2dSpec spec) {
        WeightFormat known = find(target, spec);
        if (known != null) return known;
        memory.desc kept = new memory.desc(target).retainReference();
        WeightFormat format = new WeightFormat(kept, reorders.plan(dense, kept), null, mirror, spec);
        formats.add(format);
        return format;
    }

    private WeightFormat find(memory.desc target, Conv2dSpec spec) {
        for (WeightFormat format : formats) if (format.is(target, spec)) return format;
        return null;
    }

    void close() {
        formats.forEach(WeightFormat::close);
        formats.clear();
    }
}
