package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.inference.Activation;
import greg.kernels.spec.Pool2dSpec;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.primitive;

/** Builds pooling primitives in the layout of their input, or in another one if there is no fast code for that. */
final class PoolPlanner {
    // windows times outputs that oneDNN's naive loops do in a few milliseconds
    private static final long TINY = 500_000;

    private final OneDnn dnn;

    PoolPlanner(OneDnn dnn) {
        this.dnn = dnn;
    }

    PoolPlan plan(Pool2dSpec spec, DType type, Layout given) {
        boolean tiny = work(spec) <= TINY;
        PoolPlan plan = build(spec, type, given, tiny);
        for (Layout other : new Layout[] {Layout.NHWC, Layout.PLAIN}) {
            if (plan == null) plan = build(spec, type, other, false);
        }
        if (plan == null) throw OneDnn.onlyNaive(spec);
        return plan;
    }

    /** Bytes of the positions of maxima, at most, whatever the layout. */
    long positionBytes(Pool2dSpec spec) {
        long most = 0;
        for (Layout layout : Layout.values()) {
            if (layout == Layout.BLOCKED16 && spec.channels() % Layout.BLOCK != 0) continue;
            var desc = OneDnn.fast(true, () -> forward(spec, DType.FLOAT32, layout, dnnl.dnnl_forward_training));
            if (desc != null) most = Math.max(most, desc.workspace_desc().get_size());
        }
        return most;
    }

    private static long work(Pool2dSpec spec) {
        return (long) spec.n() * spec.channels() * spec.outH() * spec.outW() * spec.kernelH() * spec.kernelW();
    }

    private PoolPlan build(Pool2dSpec spec, DType type, Layout layout, boolean tiny) {
        var training = OneDnn.fast(tiny, () -> forward(spec, type, layout, dnnl.dnnl_forward_training));
        var inference = OneDnn.fast(tiny, () -> forward(spec, type, layout, dnnl.dnnl_forward_inference));
        if (training == null || inference == null) return null;
        memory.desc x = layout.desc(type, spec.xDims());
        memory.desc y = layout.desc(type, spec.yDims());
        var back = OneDnn.fast(
                tiny,
                () -> new pooling_backward.primitive_desc(
                        dnn.engine(),
                        algorithm(spec),
                        x,
                        y,
                        strides(spec),
                        kernel(spec),
                        new long[2],
                        before(spec),
                        after(spec),
                        training));
        if (back == null) return null;
        Plan forwardPlan = new Plan(dnn, new primitive(training), OneDnn.name(training))
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_DST, y);
        Plan inferencePlan = new Plan(dnn, new primitive(inference), OneDnn.name(inference))
                .argument(dnnl.DNNL_ARG_SRC, x)
                .argument(dnnl.DNNL_ARG_DST, y);
        Plan backwardPlan = new Plan(dnn, new primitive(back), OneDnn.name(back))
                .argument(dnnl.DNNL_ARG_DIFF_DST, y)
                .argument(dnnl.DNNL_ARG_DIFF_SRC, x);
        long positions = 0;
        if (spec.kind() == Pool2dSpec.Kind.MAX) {
            memory.desc workspace = training.workspace_desc();
            forwardPlan.argument(dnnl.DNNL_ARG_WORKSPACE, workspace);
            backwardPlan.argument(dnnl.DNNL_ARG_WORKSPACE, workspace);
            positions = workspace.get_size();
        }
        return new PoolPlan(forwardPlan, inferencePlan, backwardPlan, layout, type, positions);
    }

    private pooling_forward.primitive_desc forward(Pool2dSpec spec, DType type, Layout layout, int kind) {
        return new pooling_forward.primitive_desc(
                dnn.engine(),
                kind,
                algorithm(spec),
                layout.desc(type, spec.xDims()),
                layout.desc(type, spec.yDims()),
                strides(spec),
                kernel(spec),
                new long[2],
                before(spec),
                after(spec));
    }

    /** For inference alone, channels last; oneDNN's plain loops where it has nothing else. */
    pooling_forward.primitive_desc inference(Pool2dSpec spec) {
        return new pooling_forward.primitive_desc(
                dnn.engine(),
                dnnl.dnnl_forward_inference,
                algorithm(spec),
                Layout.NHWC.desc(spec.xDims()),
                Layout.NHWC.desc(spec.yDims()),
                strides(spec),
                kernel(spec),
                new long[2],
                before(spec),
                after(spec),
                PostOps.of(Activation.NONE),
                false);
    }

    private static int algorithm(Pool2dSpec spec) {
        return spec.kind() == Pool2dSpec.Kind.MAX ? dnnl.dnnl_pooling_max : dnnl.dnnl_pooling_avg_include_padding;
    }

    private static long[] strides(Pool2dSpec spec) {
        return new long[] {spec.strideH(), spec.strideW()};
    }

    private static long[] kernel(Pool2dSpec spec) {
        return new long[] {spec.kernelH(), spec.kernelW()};
    }

    private static long[] before(Pool2dSpec spec) {
        return new long[] {spec.padH(), spec.padW()};
    }

    /** How far the last window reaches beyond the end, which in ceil mode can be more than the padding. */
    private static long[] after(Pool2dSpec spec) {
        return new long[] {
            Math.max(0, (spec.outH() - 1) * spec.strideH() + spec.kernelH() - spec.h() - spec.padH()),
            Math.max(0, (spec.outW() - 1) * spec.strideW() + spec.kernelW() - spec.w() - spec.padW())
        };
    }
}
