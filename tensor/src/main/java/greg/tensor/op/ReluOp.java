package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.inference.Activation;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Tensor;
import java.util.Map;

/** y = max(x, 0), any shape. */
public final class ReluOp extends Op {
    private final Storage y;

    private ReluOp(Storage y) {
        this.y = y;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x) {
        Storage y = scoped(x.backend(), x.shape());
        x.backend().elementwise().relu(x.shape().dims(), x.storage(), y);
        return new ReluOp(y).record(x.shape(), y, x);
    }

    /** dx = dy where y &gt; 0. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = inPlace(dy);
        backend().elementwise().reluBackward(node().output().shape().dims(), y, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Relu", Map.of(), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.activation(value(builder, 0), Activation.RELU);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
