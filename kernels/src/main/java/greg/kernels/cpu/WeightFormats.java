package greg.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;

/** One {@link WeightFormat} per distinct descriptor, so that convolutions that need the same order share the copy. */
final class WeightFormats {
    private final Reorders reorders;
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
        for (WeightFormat format : formats) {
            if (format.desc().equals(target)) return format;
        }
        boolean plain = target.equals(dense);
        memory.desc kept = new memory.desc(target).retainReference();
        WeightFormat format = new WeightFormat(
                kept, plain, plain ? null : reorders.plan(dense, kept), plain ? null : reorders.plan(kept, dense));
        formats.add(format);
        return format;
    }

    void close() {
        formats.forEach(WeightFormat::close);
        formats.clear();
    }
}
