package greg.tensor.op;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** (N, C, H, W) -&gt; (N, C): the mean over the positions. */
public final class GlobalAveragePoolOp extends Op {
    private final Shape in;

    private GlobalAveragePoolOp(Shape in) {
        this.in = in;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x) {
        Shape in = OpChecks.rank("globalAveragePool", "input", x, 4);
        Shape out = Shape.of(in.dim(0), in.dim(1));
        Storage y = scoped(x.backend(), out);
        x.backend().pool2d().globalAverage(in.dim(0), in.dim(1), in.dim(2), in.dim(3), x.storage(), y);
        return new GlobalAveragePoolOp(in).record(out, y, x);
    }

    /** dx[n,c,:,:] = dy[n,c] / (H W). */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = gradientOf(0);
        backend().pool2d().globalAverageBackward(in.dim(0), in.dim(1), in.dim(2), in.dim(3), dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Flatten", Map.of("axis", 1L), graph.node("GlobalAveragePool", Map.of(), values(graph)));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.globalAveragePool(value(builder, 0));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
