package greg.tensor.testing;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Tensor;

/** y = x with a rule (or a forward pass) that is wrong in one chosen way: which the checks must find. */
public final class BrokenOp extends Op {
    /** What is wrong. */
    public enum Fault {
        /** Nothing: shows that the others fail because of their fault and not because of the op. */
        NONE,
        /** dy is returned without a reference of its own. */
        NOT_RETAINED,
        /** One reference too many is kept. */
        RETAINED_TWICE,
        /** A temporary is never released. */
        LEAK,
        /** dy is overwritten although it is held elsewhere. */
        OVERWRITES_DY,
        /** The forward pass writes into its input. */
        OVERWRITES_INPUT,
        /** The gradient has the wrong sign. */
        WRONG_SIGN,
        /** No gradient at all. */
        NO_GRADIENT,
        /** A gradient of the wrong size. */
        WRONG_SIZE,
        /** One gradient too many. */
        WRONG_COUNT
    }

    private final Fault fault;

    private BrokenOp(Fault fault) {
        this.fault = fault;
    }

    /** The forward pass. */
    public static Tensor apply(Tensor x, Fault fault) {
        Storage y = scoped(x.backend(), x.shape());
        x.backend().transfer().copy(x.storage(), y);
        if (fault == Fault.OVERWRITES_INPUT) x.backend().transfer().fill(x.storage(), 0);
        return new BrokenOp(fault).record(x.shape(), y, x);
    }

    @Override
    protected Storage[] backward(Storage dy) {
        int[] dims = node().output().shape().dims();
        return switch (fault) {
            case NOT_RETAINED -> new Storage[] {dy};
            case RETAINED_TWICE -> new Storage[] {dy.retain().retain()};
            case LEAK -> {
                allocate(5);
                yield new Storage[] {dy.retain()};
            }
            case OVERWRITES_DY, WRONG_SIGN -> {
                boolean inPlace = fault == Fault.OVERWRITES_DY;
                Storage dx = inPlace ? dy.retain() : allocate(dy.length());
                backend().elementwise().scale(dims, inPlace ? 2 : -1, dy, dx);
                yield new Storage[] {dx};
            }
            case NO_GRADIENT -> new Storage[] {null};
            case WRONG_SIZE -> new Storage[] {allocate(dy.length() + 1)};
            case WRONG_COUNT -> new Storage[] {dy.retain(), null};
            default -> new Storage[] {dy.retain()};
        };
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.Same();
    }
}
