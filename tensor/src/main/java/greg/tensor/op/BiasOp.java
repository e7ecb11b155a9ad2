package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.inference.Activation;
import greg.kernels.spec.BiasSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** y = x + b per channel, optionally followed by a ReLU, over (N, C, H, W) or (N, C). */
public final class BiasOp extends Op {
    private final BiasSpec spec;
    private final Storage y;

    private BiasOp(BiasSpec spec, Storage y) {
        this.spec = spec;
        this.y = y;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x, Tensor b, boolean relu) {
        Shape s = x.shape();
        if (s.rank() != 4 && s.rank() != 2) {
            throw new IllegalArgumentException("bias: expected input of rank 2 or 4, got shape " + s);
        }
        BiasSpec spec = s.rank() == 4
                ? new BiasSpec(s.dim(0), s.dim(1), s.dim(2), s.dim(3), relu)
                : new BiasSpec(s.dim(0), s.dim(1), 1, 1, relu);
        OpChecks.length("bias", "bias", b, spec.channels());
        Storage y = scoped(x.backend(), s);
        x.backend().elementwise().bias(spec, x.storage(), b.storage(), y);
        return new BiasOp(spec, y).record(s, y, x, b);
    }

    /** dx = dy masked by the ReLU; db = its sum over batch and positions. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = dy;
        if (spec.relu()) {
            dx = inPlace(dy);
            backend().elementwise().reluBackward(spec.dims(), y, dy, dx);
        } else {
            dx.retain();
        }
        Storage db = needs(1) ? gradientOf(1) : null;
        if (db != null) backend().elementwise().biasBackward(spec, dx, db);
        return new Storage[] {dx, db};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        String[] in = values(graph);
        boolean image = node().output().shape().rank() == 4;
        String terms = image ? graph.node("Unsqueeze", Map.of(), in[1], graph.constant(1, 2)) : in[1];
        String sum = graph.node("Add", Map.of(), in[0], terms);
        return spec.relu() ? graph.node("Relu", Map.of(), sum) : sum;
    }

    @Override
    public int infer(InferenceBuilder builder) {
        float[] b = builder.constant(node().inputs().get(1));
        double[] one = new double[b.length];
        double[] shift = new double[b.length];
        for (int c = 0; c < b.length; c++) {
            one[c] = 1;
            shift[c] = b[c];
        }
        int sum = builder.affine(value(builder, 0), one, shift);
        return spec.relu() ? builder.activation(sum, Activation.RELU) : sum;
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
