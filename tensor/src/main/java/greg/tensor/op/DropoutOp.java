package greg.tensor.op;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Tensor;

/**
 * Dropout (Srivastava et al. 2014) in training: each element is 0 with probability {@code rate}, else divided by 1 -
 * rate, so that its expectation is unchanged. Which elements are zeroed follows from the seed and the number of the mask;
 * nothing is stored for the gradient.
 */
public final class DropoutOp extends Op {
    private final float rate;
    private final long seed;
    private final long step;

    private DropoutOp(float rate, long seed, long step) {
        this.rate = rate;
        this.seed = seed;
        this.step = step;
    }

    /**
     * The forward pass.
     *
     * @param rate in [0, 1)
     * @param seed of a sequence of masks
     * @param step which mask of the sequence: another one in every step
     */
    public static Tensor apply(Tensor x, float rate, long seed, long step) {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("dropout: expected a rate in [0, 1), got " + rate);
        }
        Storage y = scoped(x.backend(), x.shape());
        x.backend().elementwise().dropout(x.shape().dims(), rate, seed, step, x.storage(), y);
        return new DropoutOp(rate, seed, step).record(x.shape(), y, x);
    }

    /** dx = the same function of dy. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = inPlace(dy);
        backend().elementwise().dropout(node().output().shape().dims(), rate, seed, step, dy, dx);
        return new Storage[] {dx};
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
