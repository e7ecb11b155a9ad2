package greg.tensor.op;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** (N, C, H, W) -&gt; (N, C*H*W), channel-major as in PyTorch. */
public final class FlattenOp extends Op {
    private final Shape in;

    private FlattenOp(Shape in) {
        this.in = in;
    }

    /** The forward pass: one dense copy, since the input may have a device layout. */
    public static Tensor apply(Tensor x) {
        Shape in = OpChecks.rank("flatten", "input", x, 4);
        Shape out = Shape.of(in.dim(0), in.dim(1) * in.dim(2) * in.dim(3));
        Storage y = scoped(x.backend(), out);
        x.backend().transfer().toPlain(x.storage(), in.dims(), y);
        return new FlattenOp(in).record(out, y, x);
    }

    /** dx = dy seen as (N, C, H, W). */
    @Override
    protected Storage[] backward(Storage dy) {
        return new Storage[] {dy.retain()};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Flatten", Map.of("axis", 1L), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return value(builder, 0);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Repeat(in.dim(2) * in.dim(3));
    }
}
