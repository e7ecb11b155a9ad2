package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.inference.Activation;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Tensor;
import java.util.Map;

/** y = x / (1 + exp(-x)), any shape (SiLU, also called swish; the activation of EfficientNet). */
public final class SiluOp extends Op {
    private final Storage x;

    private SiluOp(Storage x) {
        this.x = x;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x) {
        Storage y = scoped(x.backend(), x.shape());
        x.backend().elementwise().silu(x.shape().dims(), x.storage(), y);
        return new SiluOp(x.storage()).record(x.shape(), y, x);
    }

    /** dx = dy s (1 + x (1 - s)) with s = 1 / (1 + exp(-x)). */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = inPlace(dy);
        backend().elementwise().siluBackward(node().output().shape().dims(), x, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        String in = values(graph)[0];
        return graph.node("Mul", Map.of(), in, graph.node("Sigmoid", Map.of(), in));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.activation(value(builder, 0), Activation.SILU);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
