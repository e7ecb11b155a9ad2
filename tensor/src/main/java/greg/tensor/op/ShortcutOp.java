package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.ShortcutSpec;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** Option-A shortcut: (N, C, H, W) -&gt; (N, C', ceil(H/s), ceil(W/s)), subsampled, padded with zero channels. */
public final class ShortcutOp extends Op {
    private final ShortcutSpec spec;

    private ShortcutOp(ShortcutSpec spec) {
        this.spec = spec;
    }

    /** The forward pass; the input's channels stand behind {@code before} zero channels. */
    public static Tensor apply(Tensor x, int outChannels, int stride, int before) {
        Shape in = OpChecks.rank("shortcut", "input", x, 4);
        ShortcutSpec spec = new ShortcutSpec(in.dim(0), in.dim(1), in.dim(2), in.dim(3), outChannels, stride, before);
        Shape out = Shape.of(spec.yDims());
        Storage y = scoped(x.backend(), out);
        x.backend().shortcut().forward(spec, x.storage(), y);
        return new ShortcutOp(spec).record(out, y, x);
    }

    /** dx = the matching positions and channels of dy, zero elsewhere. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = allocate(node().inputs().get(0).shape().size());
        backend().shortcut().backward(spec, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Embed(spec.before(), spec.outChannels());
    }
}
