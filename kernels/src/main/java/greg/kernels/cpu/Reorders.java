package greg.kernels.cpu;

import greg.kernels.DType;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;

/** Changes of an activation's layout and type. */
final class Reorders {
    private final OneDnn dnn;
    private final HostMemory memory;
    private final Plans<Plan> plans;
    private long count;

    private record Key(int n, int c, int h, int w, Layout from, DType fromType, Layout to, DType toType) {}

    Reorders(OneDnn dnn, HostMemory memory) {
        this.dnn = dnn;
        this.memory = memory;
        this.plans = new Plans<>(dnn);
    }

    /** How many activations were reordered or converted so far: the number that a training step should keep low. */
    long count() {
        return count;
    }

    /**
     * {@code storage} in another layout and type: itself where the bytes agree, else a temporary copy. To be released by the
     * caller in both cases.
     */
    CpuStorage as(Layout layout, DType type, CpuStorage storage, int n, int c, int h, int w) {
        Layout to = layout.canonical(c, h * w);
        if (storage.layout() == to && storage.type() == type) {
            storage.retain();
            return storage;
        }
        CpuStorage copy = memory.temporary(type, storage.length());
        reorder(storage, n, c, h, w, to, copy);
        return copy;
    }

    /** As {@link #as(Layout, DType, CpuStorage, int, int, int, int)}; dimensions other than four have no layout. */
    CpuStorage as(Layout layout, DType type, CpuStorage storage, int[] dims) {
        if (dims.length == 4) return as(layout, type, storage, dims[0], dims[1], dims[2], dims[3]);
        CpuStorage.dense(storage).retain();
        return storage;
    }

    /** As {@link #as(Layout, DType, CpuStorage, int[])} in the type that it has. */
    CpuStorage as(Layout layout, CpuStorage storage, int[] dims) {
        return as(layout, storage.type(), storage, dims);
    }

    /**
     * Where a kernel that computes in {@code type} is to write the activation {@code y}: the storage itself, or a temporary if
     * it has another type. To be followed by {@link #wrote}.
     */
    CpuStorage target(DType type, CpuStorage y) {
        if (y.type() != type) return memory.temporary(type, y.length());
        y.retain();
        return y;
    }

    /** A kernel has written {@code target}, the answer of {@link #target} for {@code y}, in this layout. */
    void wrote(CpuStorage target, Layout layout, CpuStorage y, int[] dims) {
        target.wrote(layout, dims);
        if (target != y) {
            reorder(target, dims[0], dims[1], dims[2], dims[3], target.layout(), y);
        }
        target.release();
    }

    /** Writes {@code from} into {@code to}, in that one's type, which gets the layout {@code layout}. */
    void reorder(CpuStorage from, int n, int c, int h, int w, Layout layout, CpuStorage to) {
        count++;
        Key key = new Key(n, c, h, w, from.layout(), from.type(), layout, to.type());
        Plan plan = plans.get(
                key, () -> plan(from.layout().desc(from.type(), n, c, h, w), layout.desc(to.type(), n, c, h, w)));
        plan.bind(0, from).bind(1, to).run();
        to.wrote(layout, c, h * w);
    }

    /** A plan that copies between two descriptors; to be called inside a PointerScope. */
    Plan plan(memory.desc from, memory.desc to) {
        reorder.primitive_desc desc = new reorder.primitive_desc(dnn.engine(), from, dnn.engine(), to);
        return new Plan(dnn, new reorder(desc), "reorder")
                .argument(dnnl.DNNL_ARG_FROM, from)
                .argument(dnnl.DNNL_ARG_TO, to);
    }

    void close() {
        plans.all().forEach(Plan::close);
    }
}
