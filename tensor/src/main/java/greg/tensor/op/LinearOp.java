package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.GemmSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** Fully connected layer: x (N, I), w (O, I), b (O) or null -&gt; (N, O). */
public final class LinearOp extends Op {
    private final Tensor x;
    private final Tensor w;
    private final int n;
    private final int in;
    private final int out;

    private LinearOp(Tensor x, Tensor w) {
        this.x = x;
        this.w = w;
        n = x.shape().dim(0);
        in = x.shape().dim(1);
        out = w.shape().dim(0);
    }

    /** y = x w^T + b. */
    public static Tensor apply(Tensor x, Tensor w, Tensor b) {
        OpChecks.rank("linear", "input", x, 2);
        OpChecks.rank("linear", "weight", w, 2);
        if (x.shape().dim(1) != w.shape().dim(1)) {
            throw new IllegalArgumentException("linear: the weight " + w.shape() + " expects "
                    + w.shape().dim(1) + " features, the input is " + x.shape());
        }
        LinearOp op = new LinearOp(x, w);
        if (b != null) OpChecks.length("linear", "bias", b, op.out);
        Shape shape = Shape.of(op.n, op.out);
        Storage y = scoped(x.backend(), shape);
        x.backend().gemm().gemm(new GemmSpec(op.n, op.out, op.in, false, true, false), x.storage(), w.storage(), y);
        if (b != null) x.backend().elementwise().bias(op.biasSpec(), y, b.storage(), y);
        return b == null ? op.record(shape, y, x, w) : op.record(shape, y, x, w, b);
    }

    /** dx = dy w; dw = dy^T x; db = sum of dy over the batch. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = needs(0) ? gradientOf(0) : null;
        if (dx != null) backend().gemm().gemm(new GemmSpec(n, in, out, false, false, false), dy, w.storage(), dx);
        Storage dw = needs(1) ? gradientOf(1) : null;
        if (dw != null) backend().gemm().gemm(new GemmSpec(out, in, n, true, false, false), dy, x.storage(), dw);
        if (node().inputs().size() == 2) return new Storage[] {dx, dw};
        Storage db = needs(2) ? gradientOf(2) : null;
        if (db != null) backend().elementwise().biasBackward(biasSpec(), dy, db);
        return new Storage[] {dx, dw, db};
    }

    private BiasSpec biasSpec() {
        return new BiasSpec(n, out, 1, 1, false);
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Gemm", Map.of("transB", 1L), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        Tensor bias = node().inputs().size() == 3 ? node().inputs().get(2) : null;
        return builder.linear(value(builder, 0), w, bias);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Fresh(1);
    }

    @Override
    public long macs() {
        return (long) n * in * out;
    }
}
