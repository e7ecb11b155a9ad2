package greg.kernels.cpu;

import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;

/** Builds batch normalisation primitives in the layout of their input, or in another where that one has no fast code. */
final class BatchNormPlanner {
    // oneDNN's naive loops take about 10 ns an element
    private static final long TINY_ELEMENTS = 100_000;

    private final OneDnn dnn;

    BatchNormPlanner(OneDnn dnn) {
        this.dnn = dnn;
    }

    /** The plan for an input that lies in {@code given}. */
    BatchNormPlan plan(BatchNormSpec spec, Layout given, boolean training) {
        boolean tiny = spec.reduction() * spec.channels() <= TINY_ELEMENTS;
        BatchNormPlan plan = build(spec, given, training, tiny);
        for (Layout other : new Layout[] {Layout.NHWC, Layout.PLAIN}) {
            if (plan == null) plan = build(spec, other, training, false);
        }
        if (plan == null) throw OneDnn.onlyNaive(spec);
        return plan;
    }

    /** Bytes of the ReLU mask, at most, whatever the layout. */
    long maskBytes(BatchNormSpec spec) {
        long most = 0;
        for (Layout layout : Layout.values()) {
            if (layout == Layout.BLOCKED16 && spec.channels() % Layout.BLOCK != 0) continue;
            memory.desc x = layout.desc(spec.dims());
            var desc = OneDnn.fast(true, () -> forward(spec, x, flags(spec, true), true));
            if (desc != null) most = Math.max(most, desc.workspace_desc().get_size());
        }
        return most;
    }

    private BatchNormPlan build(BatchNormSpec spec, Layout layout, boolean training, boolean tiny) {
        memory.desc x = layout.desc(spec.dims());
        int flags = flags(spec, training);
        var desc = OneDnn.fast(tiny, () -> forward(spec, x, flags, training));
        if (desc == null) return null;
        boolean mask = training && spec.fusion() == Fusion.RELU;
        memory.desc perChannel = Layout.vector(spec.channels());
        memory.desc statistics =
                new memory.desc(new long[] {1, spec.channels()}, memory.data_type.f32, new long[] {spec.channels(), 1});
        Plan forward = new Plan(dnn, new primitive(desc), OneDnn.name(desc), layout, layout)
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_DST, x)
                .argument(dnnl.DNNL_ARG_MEAN, statistics)
                .argument(dnnl.DNNL_ARG_VARIANCE, statistics)
                .argument(dnnl.DNNL_ARG_SCALE, perChannel)
                .argument(dnnl.DNNL_ARG_SHIFT, perChannel);
        if (mask) forward.argument(dnnl.DNNL_ARG_WORKSPACE, desc.workspace_desc());
        if (!training) return new BatchNormPlan(forward, null, layout, 0);
        var back = OneDnn.fast(
                tiny,
                () -> new batch_normalization_backward.primitive_desc(
                        dnn.engine(), dnnl.dnnl_backward, x, x, x, spec.eps(), flags, desc));
        if (back == null) {
            forward.close();
            return null;
        }
        Plan backward = new Plan(dnn, new primitive(back), OneDnn.name(back), layout, layout)
                .argument(dnnl.DNNL_ARG_DIFF_DST, x)
                .argument(dnnl.DNNL_ARG_DIFF_SRC, x)
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_MEAN, statistics)
                .argument(dnnl.DNNL_ARG_VARIANCE, statistics)
                .argument(dnnl.DNNL_ARG_SCALE, perChannel)
                .argument(dnnl.DNNL_ARG_DIFF_SCALE, perChannel)
                .argument(dnnl.DNNL_ARG_DIFF_SHIFT, perChannel);
        if (mask) backward.argument(dnnl.DNNL_ARG_WORKSPACE, desc.workspace_desc());
        return new BatchNormPlan(
                forward, backward, layout, mask ? desc.workspace_desc().get_size() : 0);
    }

    private batch_normalization_forward.primitive_desc forward(
            BatchNormSpec spec, memory.desc x, int flags, boolean training) {
        int kind = training ? dnnl.dnnl_forward_training : dnnl.dnnl_forward_inference;
        return new batch_normalization_forward.primitive_desc(dnn.engine(), kind, x, x, spec.eps(), flags);
    }

    private static int flags(BatchNormSpec spec, boolean training) {
        int flags = dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
        if (!training) flags |= dnnl.dnnl_use_global_stats;
        if (spec.fusion() == Fusion.RELU) flags |= dnnl.dnnl_fuse_norm_relu;
        return flags;
    }
}
