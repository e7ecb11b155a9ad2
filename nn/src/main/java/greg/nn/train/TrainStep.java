package greg.nn.train;

import greg.kernels.Collectives;
import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import greg.nn.train.InputSource.Input;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;

/**
 * One step of training: forward, mean cross-entropy, backward, update. It reads nothing back from the device: the loss stays
 * in a slot of the step's own, to be read between steps, so that the code around a step need not know whether it is issued
 * kernel by kernel or replayed as a whole.
 *
 * <p>Where the backend {@linkplain greg.kernels.Backend#captures records}, the first {@value #WARM} steps are issued kernel by
 * kernel, which makes plans, tables and memory; then the step is recorded, and replayed for every input of that shape. Smaller
 * batches, as at the end of an epoch, are issued kernel by kernel. A new mask, penalty or tensor of the network, or another mode of
 * a module drop the recording, and the next steps make another. Weights and losses have the same bits either way.
 *
 * <p>Where several ranks train together, each takes its share of the batch, and gradients are summed over all of them before the
 * update: the step is that of the whole batch.
 */
public final class TrainStep implements AutoCloseable {
    /** Two, because what a backend keeps for good in the first step takes blocks from the pool that the second needs again. */
    private static final int WARM = 2;

    private final NnModule network;
    private final Optimizer optimizer;
    private final Metrics metrics;
    private final Tensor loss;
    private final Collectives ranks;
    /** Where the loss of images that do not count goes. */
    private final Metrics uncounted;

    private final GradientExchange exchange;
    private int counted;
    private int images;
    private StepRecording recording;
    /** What the steps since the last change were made of. */
    private StepStructure structure;
    /** The shape of the largest input since then, and how many of these have come. */
    private Shape largest;

    private int warm;
    private boolean recordable;

    /** Adds loss and correct counts to {@code metrics}. */
    public TrainStep(NnModule network, Optimizer optimizer, Metrics metrics) {
        this.network = network;
        this.optimizer = optimizer;
        this.metrics = metrics;
        this.loss = Tensor.full(network.backend(), Shape.of(), 0);
        this.ranks = network.backend().collectives();
        this.uncounted = ranks.several() ? new Metrics(network.backend()) : null;
        this.exchange = ranks.several() ? new GradientExchange(ranks, network) : null;
    }

    /** Takes a step with the next input of {@code source}. */
    public void run(InputSource source) {
        try (Scope scope = Scope.open()) {
            Input input = source.next();
            images = input.batch();
            counted = input.counted();
            // synchronized statistics pass through the host
            if (network.backend().captures() && !ranks.syncBatchNorm()) replayOrRecord(input);
            else compute(input);
        }
        metrics.count(counted);
    }

    private void replayOrRecord(Input input) {
        StepStructure now = StepStructure.of(network, optimizer);
        if (recording != null && !recording.isOf(now)) drop();
        if (recording != null && recording.takes(input)) {
            if (recording.replay(input)) return;
            drop();
        }
        if (recording == null && isWarm(now, input.images().shape())) record(now, input);
        else compute(input);
    }

    private boolean isWarm(StepStructure now, Shape shape) {
        if (!now.equals(structure)) {
            structure = now;
            largest = shape;
            warm = 0;
            recordable = true;
        }
        if (shape.dim(0) > largest.dim(0)) {
            largest = shape;
            warm = 0;
        }
        if (shape.equals(largest)) warm++;
        return recordable && shape.equals(largest) && warm >= WARM;
    }

    private void record(StepStructure now, Input input) {
        recording = new StepRecording(network, optimizer, now, input, this::compute);
        if (recording.replayable()) return;
        recordable = false;
        drop();
    }

    private void drop() {
        recording.close();
        recording = null;
    }

    private void compute(Input input) {
        try (Scope scope = Scope.open()) {
            Metrics counts = input.counted() > 0 ? metrics : uncounted;
            Tensor mean = CrossEntropyOp.apply(network.call(input.images()), input.labels(), counts.sums());
            if (exchange == null) Backprop.run(mean);
            else exchange.backprop(mean, (float) input.counted() / input.batch());
            optimizer.step();
            network.backend().transfer().copy(mean.storage(), loss.storage());
        }
    }

    /** Mean cross-entropy of the last step's images on all ranks before its update (waits for the device). */
    public float loss() {
        if (!ranks.several()) return loss.item();
        double[] sum = {counted == 0 ? 0 : (double) loss.item() * counted / images};
        ranks.sum(sum);
        return (float) sum[0];
    }

    /** Images of the last step, on all ranks together. */
    public int images() {
        return images;
    }

    @Override
    public void close() {
        if (recording != null) drop();
        if (uncounted != null) uncounted.close();
        loss.close();
    }
}
