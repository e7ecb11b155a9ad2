package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.UpsampleNearestSpec;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/** (N, C, H, W) -&gt; (N, C, H factorH, W factorW): each pixel becomes a block of equal pixels. */
public final class UpsampleNearestOp extends Op {
    private final UpsampleNearestSpec spec;

    private UpsampleNearestOp(UpsampleNearestSpec spec) {
        this.spec = spec;
    }

    /** The forward pass with the same factor in both directions. */
    public static Tensor apply(Tensor x, int factor) {
        return apply(x, factor, factor);
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x, int factorH, int factorW) {
        Shape in = OpChecks.rank("upsampleNearest", "input", x, 4);
        UpsampleNearestSpec spec =
                new UpsampleNearestSpec(in.dim(0), in.dim(1), in.dim(2), in.dim(3), factorH, factorW);
        Shape out = Shape.of(spec.yDims());
        Storage y = scoped(x.backend(), out);
        x.backend().upsampleNearest().forward(spec, x.storage(), y);
        return new UpsampleNearestOp(spec).record(out, y, x);
    }

    /** dx = the sum of dy over each pixel's block. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = gradientOf(0);
        backend().upsampleNearest().backward(spec, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public String onnx(OnnxGraph graph) {
        // Resize would take factors with several rules of rounding; repeating is what this is
        String x = values(graph)[0];
        String rows = graph.node("Unsqueeze", Map.of(), x, graph.constant(3, 5));
        String tiled = graph.node("Tile", Map.of(), rows, graph.constant(1, 1, 1, spec.factorH(), 1, spec.factorW()));
        int[] y = spec.yDims();
        return graph.node("Reshape", Map.of(), tiled, graph.constant(0, y[1], y[2], y[3]));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.upsampleNearest(spec, value(builder, 0));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
