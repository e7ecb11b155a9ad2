package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;

/**
 * One step of training: forward, mean cross-entropy, backward, update. It reads nothing back from the device: the loss stays
 * in a slot of the step's own, to be read between steps, so that the code around a step need not know whether it is issued
 * kernel by kernel or replayed as a whole.
 */
public final class TrainStep implements AutoCloseable {
    private final NnModule network;
    private final Optimizer optimizer;
    private final Metrics metrics;
    private final Tensor loss;
    private int images;

    /** Adds loss and correct counts to {@code metrics}. */
    public TrainStep(NnModule network, Optimizer optimizer, Metrics metrics) {
        this.network = network;
        this.optimizer = optimizer;
        this.metrics = metrics;
        this.loss = Tensor.full(network.backend(), Shape.of(), 0);
    }

    /** Takes a step with the next input of {@code source}. */
    public void run(InputSource source) {
        try (Scope scope = Scope.open()) {
            InputSource.Input input = source.next();
            Tensor mean = CrossEntropyOp.apply(network.call(input.images()), input.labels(), metrics.sums());
            Backprop.run(mean);
            optimizer.step();
            network.backend().transfer().copy(mean.storage(), loss.storage());
            images = input.images().shape().dim(0);
        }
        metrics.count(images);
    }

    /** Mean cross-entropy of the last step's images before its update (waits for the device). */
    public float loss() {
        return loss.item();
    }

    /** Images of the last step. */
    public int images() {
        return images;
    }

    @Override
    public void close() {
        loss.close();
    }
}
