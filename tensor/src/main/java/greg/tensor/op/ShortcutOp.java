package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.ShortcutSpec;
import greg.tensor.ChannelMap;
import greg.tensor.ChannelRoute;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Parameter-free shortcut: (N, C, H, W) -&gt; (N, C', ceil(H/s), ceil(W/s)), subsampled, channels copied or zero. */
public final class ShortcutOp extends Op {
    private final ShortcutSpec spec;
    private final ChannelRoute route;

    private ShortcutOp(ShortcutSpec spec, ChannelRoute route) {
        this.spec = spec;
        this.route = route;
    }

    /**
     * The forward pass.
     *
     * @param route to be kept in a field of the module, so that pruning can change it
     */
    public static Tensor apply(Tensor x, ChannelRoute route, int stride) {
        Shape in = OpChecks.rank("shortcut", "input", x, 4);
        if (in.dim(1) != route.inChannels()) {
            throw new IllegalArgumentException(
                    "shortcut: the route expects " + route.inChannels() + " input channels, the input is " + in
                            + "; keep the route in a field, so that pruning can cut it");
        }
        ShortcutSpec spec = new ShortcutSpec(in.dim(0), in.dim(1), in.dim(2), in.dim(3), stride, route.sources());
        Shape out = Shape.of(spec.yDims());
        Storage y = scoped(x.backend(), out);
        x.backend().shortcut().forward(spec, x.storage(), y);
        return new ShortcutOp(spec, route).record(out, y, x);
    }

    /** dx = the matching positions and channels of dy, zero elsewhere. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = gradientOf(0);
        backend().shortcut().backward(spec, dy, dx);
        return new Storage[] {dx};
    }

    /** Every {@code stride}-th row and column; then the channels, of which one more is zero if the route needs zeros. */
    @Override
    public String onnx(OnnxGraph graph) {
        String y = values(graph)[0];
        if (spec.stride() > 1) {
            String all = graph.constant(Long.MAX_VALUE, Long.MAX_VALUE);
            String axes = graph.constant(2, 3);
            String steps = graph.constant(spec.stride(), spec.stride());
            y = graph.node("Slice", Map.of(), y, graph.constant(0, 0), all, axes, steps);
        }
        List<Integer> sources = route.sources();
        if (sources.contains(ShortcutSpec.ZERO)) {
            y = graph.node("Pad", Map.of(), y, graph.constant(0, 0, 0, 0, 0, 1, 0, 0));
        }
        long[] indices = sources.stream()
                .mapToLong(source -> source == ShortcutSpec.ZERO ? route.inChannels() : source)
                .toArray();
        return graph.node("Gather", Map.of("axis", 1L), y, graph.constant(indices));
    }

    @Override
    public int infer(InferenceBuilder builder) {
        return builder.shortcut(spec, value(builder, 0));
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Routed(route);
    }
}
