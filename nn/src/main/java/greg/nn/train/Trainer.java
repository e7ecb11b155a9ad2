package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.nn.Module;
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
    private final Module network;
    private final Optimizer optimizer;
    private final Batches batches;
    private final Feeder feeder;
    private final List<TrainHook> hooks;

    /** Hooks are called in the order of the list. */
    public Trainer(
            Module network, Optimizer optimizer, Batches batches, Feeder feeder, List<? extends TrainHook> hooks) {
        this.network = network;
        this.optimizer = optimizer;
        this.batches = batches;
        this.feeder = feeder;
        this.hooks = List.copyOf(hooks);
    }

    /**
     * Trains from epoch {@code first} up to, not including, {@code end}.
     *
     * @param schedule learning rate by epoch
     * @return the training score of the last epoch
     */
    public Score run(int first, int end, LrSchedule schedule) {
        Score score = new Score(0, 0, 0, 0);
        network.train(true);
        long iteration = (long) first * batches.batchesPerEpoch();
        long samples = (long) first * batches.dataset().size();
        try (Metrics metrics = new Metrics(network.backend())) {
            TrainStep step = new TrainStep(network, optimizer, metrics);
            for (int epoch = first; epoch < end; epoch++) {
                optimizer.learningRate(schedule.at(epoch));
                batches.epoch(epoch);
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
                    if (hooks.stream().anyMatch(TrainHook::stop)) return metrics.read();
                }
                score = metrics.readAndReset();
                for (TrainHook hook : hooks) hook.afterEpoch(epoch, score);
                network.train(true);
            }
        }
        return score;
    }
}
