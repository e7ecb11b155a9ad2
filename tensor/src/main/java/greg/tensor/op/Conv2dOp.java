package greg.tensor.op;

import greg.kernels.Conv2dKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Conv2dSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** 2-D convolution: x (N, Cin, H, W), w (Cout, Cin/groups, KH, KW), b (Cout) or null -&gt; (N, Cout, OH, OW). */
public final class Conv2dOp extends Op {
    private final Conv2dSpec spec;
    private final Tensor x;
    private final Tensor w;

    private Conv2dOp(Conv2dSpec spec, Tensor x, Tensor w) {
        this.spec = spec;
        this.x = x;
        this.w = w;
    }

    /** y = w * x + b; see {@link greg.kernels.Conv2dKernels} for the formula. */
    public static Tensor apply(Tensor x, Tensor w, Tensor b, Conv2dOptions options) {
        Shape in = OpChecks.rank("conv2d", "input", x, 4);
        Shape weight = OpChecks.rank("conv2d", "weight", w, 4);
        if (in.dim(1) != weight.dim(1) * options.groups()) {
            throw new IllegalArgumentException("conv2d: the weight " + weight + " with " + options.groups()
                    + " group(s) expects " + weight.dim(1) * options.groups() + " input channels, the input is " + in);
        }
        Conv2dSpec spec = Conv2dSpec.of(in.dims(), weight.dims(), options);
        if (b != null) OpChecks.length("conv2d", "bias", b, spec.outChannels());
        Shape out = Shape.of(spec.yDims());
        Storage y = scoped(x.backend(), out);
        x.backend().conv2d().forward(spec, x.storage(), w.storage(), b == null ? null : b.storage(), y);
        Conv2dOp op = new Conv2dOp(spec, x, w);
        return b == null ? op.record(out, y, x, w) : op.record(out, y, x, w, b);
    }

    /** dx = w^T * dy; dw = x * dy; db = sum of dy over batch and positions. */
    @Override
    protected Storage[] backward(Storage dy) {
        boolean bias = node().inputs().size() == 3;
        Storage db = bias && needs(2) ? gradientOf(2) : null;
        Storage dw = needs(1) || db != null ? gradientOf(1) : null;
        if (dw != null) backend().conv2d().backwardWeights(spec, x.storage(), dy, dw, db);
        Storage dx = needs(0) ? inputGradient(dy) : null;
        return bias ? new Storage[] {dx, dw, db} : new Storage[] {dx, dw};
    }

    private Storage inputGradient(Storage dy) {
        Conv2dKernels kernels = backend().conv2d();
        Storage sum = kernels.accumulates(spec) ? pending(0) : null;
        if (sum != null) {
            kernels.addBackwardData(spec, w.storage(), dy, sum);
            return sum;
        }
        Storage dx = gradientOf(0);
        kernels.backwardData(spec, w.storage(), dy, dx);
        return dx;
    }

    @Override
    public String onnx(OnnxGraph graph) {
        Map<String, ?> attributes = Map.of(
                "kernel_shape", new long[] {spec.kernelH(), spec.kernelW()},
                "strides", new long[] {spec.strideH(), spec.strideW()},
                "pads", new long[] {spec.padH(), spec.padW(), spec.padH(), spec.padW()},
                "dilations", new long[] {spec.dilationH(), spec.dilationW()},
                "group", (long) spec.groups());
        return graph.node("Conv", attributes, values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        Tensor bias = node().inputs().size() == 3 ? node().inputs().get(2) : null;
        return builder.convolution(spec, value(builder, 0), w, bias);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Fresh(spec.groups());
    }

    @Override
    public long macs() {
        return spec.macs();
    }
}
