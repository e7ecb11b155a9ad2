package greg.tensor.op;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Tensor;
import java.util.Map;

/** y = a * b element by element, equal shapes. */
public final class MulOp extends Op {
    private final Storage a;
    private final Storage b;

    private MulOp(Storage a, Storage b) {
        this.a = a;
        this.b = b;
    }

    /** The forward pass. A factor for a whole channel is {@link GateOp}'s. */
    public static Tensor apply(Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) {
            throw new IllegalArgumentException("mul: expected second input of shape " + a.shape() + ", got " + b.shape()
                    + "; for one factor per channel use GateOp");
        }
        Storage y = scoped(a.backend(), a.shape());
        a.backend().elementwise().multiply(a.shape().dims(), a.storage(), b.storage(), y);
        return new MulOp(a.storage(), b.storage()).record(a.shape(), y, a, b);
    }

    /** da = dy b, db = dy a; the last of them overwrites dy where it may. */
    @Override
    protected Storage[] backward(Storage dy) {
        boolean free = dy.exclusive();
        Storage da = !needs(0) ? null : free && !needs(1) ? dy.retain() : gradientOf(0);
        if (da != null) product(dy, b, da);
        Storage db = !needs(1) ? null : free ? dy.retain() : gradientOf(1);
        if (db != null) product(dy, a, db);
        return new Storage[] {da, db};
    }

    private void product(Storage dy, Storage factor, Storage out) {
        backend().elementwise().multiply(node().output().shape().dims(), dy, factor, out);
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Mul", Map.of(), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.multiply(value(builder, 0), value(builder, 1));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Gated(1);
    }
}
