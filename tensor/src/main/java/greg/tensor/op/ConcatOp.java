package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.ConcatSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Concatenates tensors (N, C_i, H, W) or (N, C_i) along the channels. */
public final class ConcatOp extends Op {
    private final ConcatSpec spec;

    private ConcatOp(ConcatSpec spec) {
        this.spec = spec;
    }

    /** The forward pass; everything but the number of channels must agree. */
    public static Tensor apply(Tensor... xs) {
        if (xs.length == 0) throw new IllegalArgumentException("concat: expected at least one input, got none");
        Shape first = xs[0].shape();
        if (first.rank() != 2 && first.rank() != 4) {
            throw new IllegalArgumentException("concat: expected inputs of rank 2 or 4, got shape " + first);
        }
        int[] dims = first.dims();
        dims[1] = 0;
        for (Tensor x : xs) {
            int[] own = x.shape().dims();
            if (own.length == dims.length) dims[1] += own[1];
            if (own.length == dims.length) own[1] = dims[1];
            if (!Shape.of(own).equals(Shape.of(dims))) {
                throw new IllegalArgumentException(
                        "concat: expected inputs that differ in channels alone, got " + first + " and " + x.shape());
            }
        }
        ConcatSpec spec = new ConcatSpec(
                dims[0],
                List.of(xs).stream().map(x -> x.shape().dim(1)).toList(),
                dims.length == 4 ? dims[2] : 1,
                dims.length == 4 ? dims[3] : 1);
        Shape out = Shape.of(dims);
        Storage y = scoped(xs[0].backend(), out);
        xs[0].backend()
                .concat()
                .forward(spec, List.of(xs).stream().map(Tensor::storage).toList(), y);
        return new ConcatOp(spec).record(out, y, xs);
    }

    /** Every input gets its channels of dy. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage[] dxs = new Storage[node().inputs().size()];
        for (int i = 0; i < dxs.length; i++) {
            if (!needs(i)) continue;
            dxs[i] = gradientOf(i);
            backend().concat().backward(spec, i, dy, dxs[i]);
        }
        return dxs;
    }

    @Override
    public String onnx(OnnxGraph graph) {
        return graph.node("Concat", Map.of("axis", 1L), values(graph));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        int[] xs = new int[node().inputs().size()];
        for (int i = 0; i < xs.length; i++) xs[i] = value(builder, i);
        return builder.concat(spec, xs);
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Concat();
    }
}
