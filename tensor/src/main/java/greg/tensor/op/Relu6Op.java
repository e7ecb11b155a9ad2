package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.inference.Activation;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Tensor;
import java.util.Map;

/** y = min(max(x, 0), 6), any shape (MobileNet's activation). */
public final class Relu6Op extends Op {
    private final Storage y;

    private Relu6Op(Storage y) {
        this.y = y;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x) {
        Storage y = scoped(x.backend(), x.shape());
        x.backend().elementwise().relu6(x.shape().dims(), x.storage(), y);
        return new Relu6Op(y).record(x.shape(), y, x);
    }

    /** dx = dy where 0 &lt; y &lt; 6. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = inPlace(dy);
        backend().elementwise().relu6Backward(node().output().shape().dims(), y, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Clip", Map.of(), values(graph)[0], graph.constant(0f), graph.constant(6f));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.activation(value(builder, 0), Activation.RELU6);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
