package greg.kernels.cpu;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;

/** Changes of an activation's layout. */
final class Reorders {
    private final OneDnn dnn;
    private final HostMemory memory;
    private final Plans<Plan> plans;
    private long count;

    private record Key(int n, int c, int h, int w, Layout from, Layout to) {}

    Reorders(OneDnn dnn, HostMemory memory) {
        this.dnn = dnn;
        this.memory = memory;
        this.plans = new Plans<>(dnn);
    }

    /** How many activations were reordered so far: the number that a training step should keep low. */
    long count() {
        return count;
    }

    /**
     * {@code storage} in another layout: itself where the bytes agree, else a temporary copy. To be released by the caller
     * in both cases.
     */
    CpuStorage as(Layout layout, CpuStorage storage, int n, int c, int h, int w) {
        Layout to = layout.canonical(c, h * w);
        if (storage.layout() == to) {
            storage.retain();
            return storage;
        }
        CpuStorage copy = memory.temporary(storage.length());
        reorder(storage, n, c, h, w, to, copy);
        return copy;
    }

    /** As {@link #as(Layout, CpuStorage, int, int, int, int)}; dimensions other than four have no layout. */
    CpuStorage as(Layout layout, CpuStorage storage, int[] dims) {
        if (dims.length == 4) return as(layout, storage, dims[0], dims[1], dims[2], dims[3]);
        CpuStorage.dense(storage).retain();
        return storage;
    }

    /** Writes {@code from} into {@code to}, which gets the layout {@code layout}. */
    void reorder(CpuStorage from, int n, int c, int h, int w, Layout layout, CpuStorage to) {
        count++;
        Key key = new Key(n, c, h, w, from.layout(), layout);
        Plan plan = plans.get(key, () -> plan(from.layout().desc(n, c, h, w), layout.desc(n, c, h, w)));
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
