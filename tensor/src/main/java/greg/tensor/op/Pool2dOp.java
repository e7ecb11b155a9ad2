package greg.tensor.op;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.Pool2dSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** Max or average pooling of (N, C, H, W). */
public final class Pool2dOp extends Op {
    private final Pool2dSpec spec;
    private final Storage saved;

    private Pool2dOp(Pool2dSpec spec, Storage saved) {
        this.spec = spec;
        this.saved = saved;
    }

    /** The forward pass with a square window. */
    public static Tensor apply(Tensor x, Pool2dSpec.Kind kind, int kernel, int stride, int pad, boolean ceilMode) {
        Shape in = OpChecks.rank("pool2d", "input", x, 4);
        Pool2dSpec spec = new Pool2dSpec(
                kind, in.dim(0), in.dim(1), in.dim(2), in.dim(3), kernel, kernel, stride, stride, pad, pad, ceilMode);
        Shape out = Shape.of(spec.yDims());
        Storage y = scoped(x.backend(), out);
        Storage saved = x.requiresGrad()
                ? scoped(x.backend(), DType.UINT8, x.backend().pool2d().savedBytes(spec))
                : null;
        x.backend().pool2d().forward(spec, x.storage(), y, saved);
        return new Pool2dOp(spec, saved).record(out, y, x);
    }

    /** Max: the gradient goes to where the maximum was; average: it is spread evenly. Overlaps are summed. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = gradientOf(0);
        backend().pool2d().backward(spec, dy, saved, dx);
        return new Storage[] {dx};
    }

    /**
     * Without ONNX's ceil mode and without padding that counts, whose combination runtimes understand differently: the size is known,
     * so the padding at the end is what the last window needs; an average is padded with zeros beforehand.
     */
    @Override
    public String onnx(OnnxGraph graph) {
        String x = values(graph)[0];
        boolean max = spec.kind() == Pool2dSpec.Kind.MAX;
        long beyondH =
                Math.max(0, (long) (spec.outH() - 1) * spec.strideH() + spec.kernelH() - spec.h() - 2L * spec.padH());
        long beyondW =
                Math.max(0, (long) (spec.outW() - 1) * spec.strideW() + spec.kernelW() - spec.w() - 2L * spec.padW());
        long padH = max ? spec.padH() : 0;
        long padW = max ? spec.padW() : 0;
        if (!max && spec.padH() + spec.padW() > 0) {
            String pads = graph.constant(0, 0, spec.padH(), spec.padW(), 0, 0, spec.padH(), spec.padW());
            x = graph.node("Pad", Map.of(), x, pads);
        }
        Map<String, ?> attributes = Map.of(
                "kernel_shape", new long[] {spec.kernelH(), spec.kernelW()},
                "strides", new long[] {spec.strideH(), spec.strideW()},
                "pads", new long[] {padH, padW, padH + beyondH, padW + beyondW});
        return graph.node(max ? "MaxPool" : "AveragePool", attributes, x);
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.pool(spec, value(builder, 0));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
