package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.inference.Activation;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Tensor;
import java.util.Map;

/**
 * y = 1 / (1 + exp(-x)), any shape. A channel of zeros becomes one of 1/2: where channels are to be pruned, a product
 * ({@link GateOp}, {@link MulOp}) should follow whose other factor is then zero.
 */
public final class SigmoidOp extends Op {
    private final Storage y;

    private SigmoidOp(Storage y) {
        this.y = y;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x) {
        Storage y = scoped(x.backend(), x.shape());
        x.backend().elementwise().sigmoid(x.shape().dims(), x.storage(), y);
        return new SigmoidOp(y).record(x.shape(), y, x);
    }

    /** dx = dy y (1 - y). */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = inPlace(dy);
        backend().elementwise().sigmoidBackward(node().output().shape().dims(), y, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Sigmoid", Map.of(), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.activation(value(builder, 0), Activation.SIGMOID);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
