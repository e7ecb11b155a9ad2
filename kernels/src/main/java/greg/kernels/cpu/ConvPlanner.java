package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;

/**
 * Builds convolution primitives. Activations have explicit layouts and only the weight's order is left to oneDNN: if it may
 * choose the layout of activations too, it takes, for stride 2, an implementation three times slower.
 */
final class ConvPlanner {
    /** Up to this many multiply-accumulates even oneDNN's naive loops are done in a few milliseconds. */
    static final long TINY_MACS = 1_000_000;

    private final OneDnn dnn;
    private final LayoutChoice choice;
    private final WeightFormats formats;

    /** What a primitive computes. */
    enum Direction {
        FORWARD,
        BACKWARD_DATA,
        BACKWARD_WEIGHTS
    }

    /** oneDNN's description of one convolution in one type and pair of layouts; the gradient of the weight is float32. */
    record Shape(
            memory.desc x,
            memory.desc w,
            memory.desc dw,
            memory.desc b,
            memory.desc y,
            long[] strides,
            long[] dilations,
            long[] padding) {}

    /**
     * How a primitive is made.
     *
     * @param type of x and y
     * @param bias as in {@link #plan}
     * @param naive whether oneDNN's naive loops will do
     * @param mirrorOf the convolution whose {@link Mirror} this is, or null
     * @param add whether the result is added to what its destination holds
     */
    private record Form(DType type, boolean bias, boolean naive, Conv2dSpec mirrorOf, boolean add) {}

    ConvPlanner(OneDnn dnn, LayoutChoice choice, WeightFormats formats) {
        this.dnn = dnn;
        this.choice = choice;
        this.formats = formats;
    }

    /**
     * The best primitive for a leading operand that lies in {@code given}: x in the forward pass, dy in the backward pass.
     *
     * @param type of x and y
     * @param bias whether the forward pass adds a bias and the weight gradient includes the bias's
     */
    ConvPlan plan(Direction direction, Conv2dSpec spec, DType type, Layout given, boolean bias) {
        int leading = direction == Direction.FORWARD ? spec.inChannels() : spec.outChannels();
        var pairs = choice.pairs(spec, given, leading);
        if (ConvPreference.mirrored(direction, spec, type) && !bias) {
            ConvPlan plan = mirrored(Direction.BACKWARD_DATA, spec, type, pairs, false);
            if (plan != null) return plan;
        }
        if (ConvPreference.channelsLast(direction, spec, type)) {
            ConvPlan plan = build(direction, spec, type, new LayoutChoice.Pair(Layout.NHWC, Layout.NHWC), bias, false);
            if (plan != null) return plan;
        }
        for (LayoutChoice.Pair pair : pairs) {
            ConvPlan plan = build(direction, spec, type, pair, bias, false);
            if (plan != null) return plan;
        }
        if (spec.macs() > TINY_MACS) throw OneDnn.onlyNaive(spec);
        return build(direction, spec, type, pairs.get(pairs.size() - 1), bias, true);
    }

    /**
     * The data gradient added to what its destination holds: oneDNN can do that in the forward pass only, so it is that of the {@link
     * Mirror}.
     *
     * @return null if oneDNN has none
     */
    ConvPlan adding(Conv2dSpec spec, DType type, Layout given) {
        Conv2dSpec mirror = Mirror.of(spec);
        var pairs = choice.pairs(spec, given, spec.outChannels());
        if (ConvPreference.channelsLast(Direction.FORWARD, mirror, type)) {
            pairs = List.of(new LayoutChoice.Pair(Layout.NHWC, Layout.NHWC));
        }
        return mirrored(Direction.FORWARD, spec, type, pairs, true);
    }

    /**
     * What {@code through} computes of the {@link Mirror}, which is the other direction of {@code spec}.
     *
     * @param pairs layouts of x and y of {@code spec}
     */
    private ConvPlan mirrored(
            Direction through, Conv2dSpec spec, DType type, List<LayoutChoice.Pair> pairs, boolean add) {
        for (LayoutChoice.Pair pair : pairs) {
            LayoutChoice.Pair swapped = new LayoutChoice.Pair(pair.y(), pair.x());
            ConvPlan plan = build(through, Mirror.of(spec), swapped, new Form(type, false, false, spec, add));
            if (plan != null) return new ConvPlan(plan.plan(), plan.format(), pair, type);
        }
        return null;
    }

    private ConvPlan build(
            Direction direction, Conv2dSpec spec, DType type, LayoutChoice.Pair pair, boolean bias, boolean naive) {
        return build(direction, spec, pair, new Form(type, bias, naive, null, false));
    }

    private ConvPlan build(Direction direction, Conv2dSpec spec, LayoutChoice.Pair pair, Form form) {
        boolean bias = form.bias;
        boolean naive = form.naive;
        Shape s = shape(spec, form.type, pair);
        engine e = dnn.engine();
        int direct = dnnl.dnnl_convolution_direct;
        int training = dnnl.dnnl_forward_training;
        String preferred = ConvPreference.implementation(direction, spec, form.type, pair.x());
        // for gradients, oneDNN needs the forward description only as a hint
        boolean hint = direction != Direction.FORWARD;
        convolution_forward.primitive_desc forward = OneDnn.fast(
                naive || hint,
                hint ? null : preferred,
                () -> bias && direction == Direction.FORWARD
                        ? new convolution_forward.primitive_desc(
                                e, training, direct, s.x, s.w, s.b, s.y, s.strides, s.dilations, s.padding, s.padding)
                        : new convolution_forward.primitive_desc(
                                e,
                                training,
                                direct,
                                s.x,
                                s.w,
                                s.y,
                                s.strides,
                                s.dilations,
                                s.padding,
                                s.padding,
                                form.add ? PostOps.sum() : new primitive_attr(),
                                false));
        if (forward == null) return null;
        return switch (direction) {
            case FORWARD -> {
                ConvPlan plan = finish(spec, pair, form, forward, forward.weights_desc());
                plan.plan()
                        .argument(dnnl.DNNL_ARG_SRC, s.x)
                        .argument(dnnl.DNNL_ARG_WEIGHTS, plan.format().desc())
                        .argument(dnnl.DNNL_ARG_DST, s.y);
                if (bias) plan.plan().argument(dnnl.DNNL_ARG_BIAS, s.b);
                yield plan;
            }
            case BACKWARD_DATA -> {
                convolution_backward_data.primitive_desc desc = OneDnn.fast(
                        naive,
                        preferred,
                        () -> new convolution_backward_data.primitive_desc(
                                e, direct, s.x, s.w, s.y, s.strides, s.dilations, s.padding, s.padding, forward));
                if (desc == null) yield null;
                ConvPlan plan = finish(spec, pair, form, desc, desc.weights_desc());
                plan.plan()
                        .argument(dnnl.DNNL_ARG_DIFF_DST, s.y)
                        .argument(dnnl.DNNL_ARG_WEIGHTS, plan.format().desc())
                        .argument(dnnl.DNNL_ARG_DIFF_SRC, s.x);
                yield plan;
            }
            case BACKWARD_WEIGHTS -> {
                convolution_backward_weights.primitive_desc desc = OneDnn.fast(
                        naive,
                        preferred,
                        () -> bias
                                ? new convolution_backward_weights.primitive_desc(
                                        e,
                                        direct,
                                        s.x,
                                        s.dw,
                                        s.b,
                                        s.y,
                                        s.strides,
                                        s.dilations,
                                        s.padding,
                                        s.padding,
                                        forward)
                                : new convolution_backward_weights.primitive_desc(
                                        e,
                                        direct,
                                        s.x,
                                        s.dw,
                                        s.y,
                                        s.strides,
                                        s.dilations,
                                        s.padding,
                                        s.padding,
                                        forward));
                if (desc == null) yield null;
                ConvPlan plan = finish(spec, pair, form, desc, desc.diff_weights_desc());
                plan.plan()
                        .argument(dnnl.DNNL_ARG_SRC, s.x)
                        .argument(dnnl.DNNL_ARG_DIFF_DST, s.y)
                        .argument(dnnl.DNNL_ARG_DIFF_WEIGHTS, plan.format().desc());
                if (bias) plan.plan().argument(dnnl.DNNL_ARG_DIFF_BIAS, s.b);
                yield plan;
            }
        };
    }

    private ConvPlan finish(
            Conv2dSpec spec, LayoutChoice.Pair pair, Form form, primitive_desc desc, memory.desc weight) {
        WeightFormat format = form.mirrorOf == null
                ? formats.of(weight, denseWeight(spec))
                : formats.mirrored(weight, denseWeight(spec), form.mirrorOf);
        Plan plan = new Plan(dnn, new primitive(desc), OneDnn.name(desc));
        return new ConvPlan(plan, format, pair, form.type);
    }

    static Shape shape(Conv2dSpec spec, DType type, LayoutChoice.Pair pair) {
        return new Shape(
                pair.x().desc(type, spec.xDims()),
                new memory.desc(weightDims(spec), Layout.element(type), memory.format_tag.any),
                new memory.desc(weightDims(spec), memory.data_type.f32, memory.format_tag.any),
                Layout.vector(spec.outChannels()),
                pair.y().desc(type, spec.yDims()),
                new long[] {spec.strideH(), spec.strideW()},
                new long[] {spec.dilationH() - 1, spec.dilationW() - 1},
                new long[] {spec.padH(), spec.padW()});
    }

    /** (Cout, Cin, KH, KW), with the groups as a dimension of their own in front where there are several. */
    private static long[] weightDims(Conv2dSpec spec) {
        int g = spec.groups();
        long o = spec.outChannels() / g;
        long i = spec.inChannels() / g;
        return g == 1
                ? new long[] {o, i, spec.kernelH(), spec.kernelW()}
                : new long[] {g, o, i, spec.kernelH(), spec.kernelW()};
    }

    /** The weight as modules have it. */
    static memory.desc denseWeight(Conv2dSpec spec) {
        return new memory.desc(
                weightDims(spec),
                memory.data_type.f32,
                spec.groups() == 1 ? memory.format_tag.oihw : memory.format_tag.goihw);
    }
}
