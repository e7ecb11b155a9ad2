package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import greg.tensor.Backprop;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;

/** One step of training: forward, mean cross-entropy, backward, update. */
public final class TrainStep {
    private final NnModule network;
    private final Optimizer optimizer;
    private final Metrics metrics;

    /** Adds loss and correct counts to {@code metrics}. */
    public TrainStep(NnModule network, Optimizer optimizer, Metrics metrics) {
        this.network = network;
        this.optimizer = optimizer;
        this.metrics = metrics;
    }

    /**
     * Runs inside the current scope.
     *
     * @param x input (N, C, H, W)
     * @param labels INT32 (N)
     * @return the loss before the update, a scalar of the scope
     */
    public Tensor run(Tensor x, Tensor labels) {
        Tensor loss = CrossEntropyOp.apply(network.call(x), labels, metrics.sums());
        metrics.count(x.shape().dim(0));
        Backprop.run(loss);
        optimizer.step();
        return loss;
    }
}
