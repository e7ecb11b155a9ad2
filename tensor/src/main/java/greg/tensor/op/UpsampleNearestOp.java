package greg.tensor.op;

import greg.kernels.Storage;
import greg.kernels.spec.UpsampleNearestSpec;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

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
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
