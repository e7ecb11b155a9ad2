package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.ShortcutSpec;
import greg.tensor.ChannelMap;
import greg.tensor.ChannelRoute;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

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

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Routed(route);
    }
}
