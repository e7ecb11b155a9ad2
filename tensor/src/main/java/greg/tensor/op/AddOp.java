package greg.tensor.op;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Tensor;
import java.util.Map;

/** y = a + b, equal shapes. */
public final class AddOp extends Op {
    private AddOp() {}

    /** The forward pass. */
    public static Tensor apply(Tensor a, Tensor b) {
        OpChecks.same("add", "second input", a, b);
        Storage y = scoped(a.backend(), a.shape());
        a.backend().elementwise().add(a.shape().dims(), a.storage(), b.storage(), y);
        return new AddOp().record(a.shape(), y, a, b);
    }

    /** da = dy, db = dy: both inputs share the storage until one of them needs its own. */
    @Override
    protected Storage[] backward(Storage dy) {
        return new Storage[] {needs(0) ? dy.retain() : null, needs(1) ? dy.retain() : null};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Add", Map.of(), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.add(value(builder, 0), value(builder, 1));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Tied(1);
    }
}
