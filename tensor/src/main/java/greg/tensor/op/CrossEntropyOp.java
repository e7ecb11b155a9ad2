package greg.tensor.op;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** Mean cross-entropy of logits (N, K) against integer labels (N), with counts of correct answers, in one pass. */
public final class CrossEntropyOp extends Op {
    private final Storage dlogits;
    private final int elements;

    private CrossEntropyOp(Storage dlogits, int elements) {
        this.dlogits = dlogits;
        this.elements = elements;
    }

    /**
     * The forward pass; the gradient is computed in the same pass when it is required.
     *
     * @param labels INT32 (N), each in [0, K): the caller has checked them
     * @param metrics FLOAT32 (3), added to: sum of losses, top-1 and top-5 correct
     */
    public static Tensor apply(Tensor logits, Tensor labels, Tensor metrics) {
        Shape in = OpChecks.rank("crossEntropy", "logits", logits, 2);
        OpChecks.length("crossEntropy", "labels", labels, in.dim(0));
        OpChecks.type("crossEntropy", "labels", labels, DType.INT32);
        OpChecks.length("crossEntropy", "metrics", metrics, 3);
        Storage loss = scoped(logits.backend(), Shape.of());
        Storage dlogits = logits.requiresGrad() ? scoped(logits.backend(), in) : null;
        logits.backend()
                .softmaxLoss()
                .forward(in.dim(0), in.dim(1), logits.storage(), labels.storage(), loss, dlogits, metrics.storage());
        return new CrossEntropyOp(dlogits, Math.toIntExact(in.size())).record(Shape.of(), loss, logits);
    }

    /** dlogits = (softmax - onehot) / N, times the scalar dy, which stays on the device. */
    @Override
    protected Storage[] backward(Storage dy) {
        Storage dx = allocate(elements);
        backend().elementwise().scale(new int[] {elements}, dy, dlogits, dx);
        return new Storage[] {dx};
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.None();
    }
}
