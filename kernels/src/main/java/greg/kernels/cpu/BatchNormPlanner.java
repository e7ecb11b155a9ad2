package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;

/**
 * Builds batch normalization primitives in the layout of their input, or in another one if there is no fast code for that.
 */
final class BatchNormPlanner {
    // oneDNN's naive loops take about 10 ns per element
    private static final long TINY_ELEMENTS = 20_000;

    private final OneDnn dnn;
    private final DType activationType;

    /** {@code activationType}: what inputs have at least once. */
    BatchNormPlanner(OneDnn dnn, DType activationType) {
        this.dnn = dnn;
        this.activationType = activationType;
    }

    /** The plan for an input of this type that lies in {@code given}. */
    BatchNormPlan plan(BatchNormSpec spec, DType type, Layout given, boolean training) {
        boolean tiny = spec.reduction() * spec.channels() <= TINY_ELEMENTS;
        int copies = tiny ? 1 : BatchNormLanes.copies(spec);
        // the dense order has no fast code whatever the channels; channels-last has it for multiples of 16 channels
        boolean inSixteens = spec.channels() * copies % Layout.BLOCK == 0;
        Layout layout = tiny || given == Layout.BLOCKED16 || !inSixteens ? given : Layout.NHWC;
        BatchNormPlan plan = build(spec, type, layout, training, tiny, copies);
        for (Layout other : new Layout[] {given, Layout.NHWC, Layout.PLAIN}) {
            if (plan == null) plan = build(spec, type, other, training, false, 1);
        }
        if (plan == null) throw OneDnn.onlyNaive(spec);
        return plan;
    }

    /** Bytes of the ReLU mask, at most, whatever the layout and the type. */
    long maskBytes(BatchNormSpec spec) {
        long most = maskBytes(spec, DType.FLOAT32);
        return activationType == DType.FLOAT32 ? most : Math.max(most, maskBytes(spec, activationType));
    }

    private long maskBytes(BatchNormSpec spec, DType type) {
        long most = 0;
        for (Layout layout : Layout.values()) {
            if (layout == Layout.BLOCKED16 && spec.channels() % Layout.BLOCK != 0) continue;
            memory.desc x = layout.desc(type, spec.dims());
            var desc = OneDnn.fast(true, () -> forward(spec, x, flags(spec, true), true));
            if (desc != null) most = Math.max(most, desc.workspace_desc().get_size());
            var wide = OneDnn.fast(
                    true, () -> forward(spec, wide(spec, type, BatchNormLanes.copies(spec)), flags(spec, true), true));
            if (wide != null) most = Math.max(most, wide.workspace_desc().get_size());
        }
        return most;
    }

    /** Channels-last data of {@code copies} pixels in a row as one pixel. */
    private static memory.desc wide(BatchNormSpec spec, DType type, int copies) {
        int rows = Math.toIntExact(spec.reduction() / copies);
        return Layout.NHWC.desc(type, 1, spec.channels() * copies, rows, 1);
    }

    private BatchNormPlan build(
            BatchNormSpec spec, DType type, Layout layout, boolean training, boolean tiny, int copies) {
        memory.desc x = copies > 1 ? wide(spec, type, copies) : layout.desc(type, spec.dims());
        int flags = flags(spec, training) | (copies > 1 ? dnnl.dnnl_use_global_stats : 0);
        var desc = OneDnn.fast(tiny, () -> forward(spec, x, flags, training));
        if (desc == null) return null;
        int channels = spec.channels() * copies;
        boolean mask = training && spec.fusion() == Fusion.RELU;
        Plan forward = forwardPlan(desc, x, channels, layout);
        if (mask) forward.argument(dnnl.DNNL_ARG_WORKSPACE, desc.workspace_desc());
        if (!training) return new BatchNormPlan(forward, null, layout, type, 0, copies, null, null);
        var back = OneDnn.fast(
                tiny,
                () -> new batch_normalization_backward.primitive_desc(
                        dnn.engine(), dnnl.dnnl_backward, x, x, x, spec.eps(), flags, desc));
        if (back == null) {
            forward.close();
            return null;
        }
        memory.desc perChannel = Layout.vector(channels);
        Plan backward = new Plan(dnn, new primitive(back), OneDnn.name(back))
                .argument(dnnl.DNNL_ARG_DIFF_DST, x)
                .argument(dnnl.DNNL_ARG_DIFF_SRC, x)
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_MEAN, row(channels))
                .argument(dnnl.DNNL_ARG_VARIANCE, row(channels))
                .argument(dnnl.DNNL_ARG_SCALE, perChannel)
                .argument(dnnl.DNNL_ARG_DIFF_SCALE, perChannel)
                .argument(dnnl.DNNL_ARG_DIFF_SHIFT, perChannel);
        if (mask) backward.argument(dnnl.DNNL_ARG_WORKSPACE, desc.workspace_desc());
        long maskBytes = mask ? desc.workspace_desc().get_size() : 0;
        if (copies == 1) return new BatchNormPlan(forward, backward, layout, type, maskBytes, 1, null, null);
        var statistics = OneDnn.fast(true, () -> forward(spec, x, 0, true));
        int constant = dnnl.dnnl_use_scale | dnnl.dnnl_use_shift | dnnl.dnnl_use_global_stats;
        var correction = OneDnn.fast(true, () -> forward(spec, x, constant, false));
        Plan statisticsPlan = new Plan(dnn, new primitive(statistics), OneDnn.name(statistics))
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_DST, x)
                .argument(dnnl.DNNL_ARG_MEAN, row(channels))
                .argument(dnnl.DNNL_ARG_VARIANCE, row(channels));
        Plan correctionPlan = forwardPlan(correction, x, channels, layout);
        return new BatchNormPlan(forward, backward, layout, type, maskBytes, copies, statisticsPlan, correctionPlan);
    }

    private Plan forwardPlan(
            batch_normalization_forward.primitive_desc desc, memory.desc x, int channels, Layout layout) {
        return new Plan(dnn, new primitive(desc), OneDnn.name(desc))
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_DST, x)
                .argument(dnnl.DNNL_ARG_MEAN, row(channels))
                .argument(dnnl.DNNL_ARG_VARIANCE, row(channels))
                .argument(dnnl.DNNL_ARG_SCALE, Layout.vector(channels))
                .argument(dnnl.DNNL_ARG_SHIFT, Layout.vector(channels));
    }

    private static memory.desc row(int channels) {
        return new memory.desc(new long[] {1, channels}, memory.data_type.f32, new long[] {channels, 1});
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
