package greg.tensor.op;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.Pool2dSpec;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** Max or average pooling of (N, C, H, W). */
public final class Pool2dOp extends Op {
    private final Pool2dSpec spec;
    private final Storage saved;

    private Pool2dOp(Pool2dSpec spec, Storage saved) {
        this.spec = spec;
        this.saved = saved;
    }

    /** The forward pass with a square window. */
    public static Tensor apply(Tensor x, Pool2dSpec.Kind kind, int kernel, int stride, int pad, boolean ceilMode) {
        Shape in = OpChecks.rank("pool2d", "input", x, 4);
        Pool2dSpec spec = new Pool2dSpec(
                kind, in.dim(0), in.dim(1), in.dim(2), in.dim(3), kernel, kernel, stride, stride, pad, pad, ceilMode);
        Shape out = Shape.of(spec.yDims());
        Storage y = scoped(x.backend(), out);
        Storage saved = x.requiresGrad()
                ? scoped(x.backend(), DType.UINT8, x.backend().pool2d().savedBytes(spec))
                : null;
        x.backend().pool2d().forward(spec, x.storage(), y, saved);
        return new Pool2dOp(spec, saved).record(out, y, x);
    }

    /** Max: the gradient goes to where the maximum was; average: it is spread evenly. Overlaps are summed. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = gradientOf(0);
        backend().pool2d().backward(spec, dy, saved, dx);
        return new Storage[] {dx};
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
