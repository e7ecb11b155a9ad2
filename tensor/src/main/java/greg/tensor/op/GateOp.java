package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.GateSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/**
 * x (N, C, H, W) times a gate (N, C) or (N, C, 1, 1): each channel of each image has one factor, as in
 * squeeze-and-excitation (Hu et al. 2018).
 */
public final class GateOp extends Op {
    private final GateSpec spec;
    private final Storage x;
    private final Storage gate;

    private GateOp(GateSpec spec, Storage x, Storage gate) {
        this.spec = spec;
        this.x = x;
        this.gate = gate;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x, Tensor gate) {
        Shape in = OpChecks.rank("gate", "input", x, 4);
        Shape matrix = Shape.of(in.dim(0), in.dim(1));
        Shape image = Shape.of(in.dim(0), in.dim(1), 1, 1);
        if (!gate.shape().equals(matrix) && !gate.shape().equals(image)) {
            throw new IllegalArgumentException("gate: expected a gate of shape " + matrix + " or " + image
                    + " for the input " + in + ", got " + gate.shape());
        }
        GateSpec spec = new GateSpec(in.dim(0), in.dim(1), in.dim(2), in.dim(3));
        Storage y = scoped(x.backend(), in);
        x.backend().gate().forward(spec, x.storage(), gate.storage(), y);
        return new GateOp(spec, x.storage(), gate.storage()).record(in, y, x, gate);
    }

    /** dx = dy gate, dgate[n,c] = sum over h and w of dy x. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dgate = needs(1) ? gradientOf(1) : null;
        if (dgate != null) backend().gate().backwardGate(spec, x, dy, dgate);
        // after the gate's gradient, which reads dy
        Storage dx = !needs(0) ? null : inPlace(dy);
        if (dx != null) backend().gate().forward(spec, dy, gate, dx);
        return new Storage[] {dx, dgate};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        String[] in = values(graph);
        boolean matrix = node().inputs().get(1).shape().rank() == 2;
        String factors = matrix ? graph.node("Unsqueeze", Map.of(), in[1], graph.constant(2, 3)) : in[1];
        return graph.node("Mul", Map.of(), in[0], factors);
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.gate(value(builder, 0), value(builder, 1));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Gated(1);
    }
}
