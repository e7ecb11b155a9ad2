package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.nn.NnModule;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.Optimizer;
import greg.tensor.Scope;
import greg.tensor.Tensor;
import java.util.List;

/**
 * Runs epochs over a loader. It knows nothing of pruning: the pruners listen through {@link TrainHook} and act through the
 * optimiser's penalties.
 */
public final class Trainer {
    private final NnModule network;
    private final Optimizer optimizer;
    private final Batches batches;
    private final Feeder feeder;
    private final List<TrainHook> hooks;
    private Metrics metrics;
    private long iteration;

    /** Hooks are called in the order of the list. */
    public Trainer(
            NnModule network, Optimizer optimizer, Batches batches, Feeder feeder, List<? extends TrainHook> hooks) {
        this.network = network;
        this.optimizer = optimizer;
        this.batches = batches;
        this.feeder = feeder;
        this.hooks = List.copyOf(hooks);
    }

    /**
     * Trains from {@code from} up to, not including, epoch {@code end}.
     *
     * @param schedule learning rate by epoch
     * @return the training score of the last epoch, or of the part of it before the stop
     */
    public Score run(Position from, int end, LrSchedule schedule) {
        Score score = new Score(0, 0, 0, 0);
        network.train(true);
        int perEpoch = batches.batchesPerEpoch();
        iteration = from.iteration();
        try (Metrics sums = new Metrics(network.backend())) {
            metrics = sums;
            metrics.restore(from.records(), from.sums());
            TrainStep step = new TrainStep(network, optimizer, metrics);
            for (int epoch = Math.toIntExact(iteration / perEpoch); epoch < end; epoch++) {
                optimizer.learningRate(schedule.at(epoch));
                int skipped = (int) (iteration % perEpoch);
                long samples = (long) epoch * batches.dataset().size() + (long) skipped * batches.batchSize();
                batches.epoch(epoch, skipped);
                while (batches.hasNext()) {
                    Batch batch = batches.next();
                    for (TrainHook hook : hooks) hook.beforeStep(iteration);
                    try (Scope scope = Scope.open()) {
                        Tensor x = feeder.images(batch, samples);
                        step.run(x, feeder.labels(batch));
                    }
                    samples += batch.size();
                    for (TrainHook hook : hooks) hook.afterStep(iteration);
                    iteration++;
                    if (batches.hasNext() && stopped()) return metrics.read();
                }
                score = metrics.readAndReset();
                for (TrainHook hook : hooks) hook.afterEpoch(epoch, score);
                network.train(true);
                if (stopped()) return score;
            }
        } finally {
            metrics = null;
        }
        return score;
    }

    private boolean stopped() {
        return hooks.stream().anyMatch(TrainHook::stop);
    }

    /** Where the loop stands (waits for the device); for hooks, in {@link TrainHook#afterEpoch} and {@link TrainHook#stop}. */
    public Position position() {
        if (metrics == null) throw new IllegalStateException("trainer: it has a position while it runs, for its hooks");
        return new Position(iteration, metrics.records(), metrics.hostSums());
    }
}
