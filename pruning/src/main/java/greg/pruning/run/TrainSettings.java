package greg.pruning.run;

import greg.nn.optim.LrSchedule;
import greg.pruning.growth.FinetuneOptimizer;
import greg.pruning.report.Json;
import java.util.Map;

/**
 * How a network is trained, from scratch or after pruning.
 *
 * @param optimizer what takes the steps
 * @param lr learning rate by epoch
 * @param epochs passes over the training images
 * @param batchSize images a step
 * @param weightDecay gamma, L2 coefficient on every parameter
 * @param momentum of SGD; Adam has none
 * @param augment what happens to training images at random
 * @param seed fixes order and augmentation
 * @param maxIterations stops after so many steps, for trials; 0: no limit
 */
public record TrainSettings(
        FinetuneOptimizer optimizer,
        LrSchedule lr,
        int epochs,
        int batchSize,
        double weightDecay,
        double momentum,
        Augmentation augment,
        long seed,
        long maxIterations) {
    /** Checks the numbers. */
    public TrainSettings {
        Checks.atLeast("--epochs", 0, epochs);
        Checks.atLeast("--batch-size", 1, batchSize);
        Checks.notNegative("--weight-decay", weightDecay);
        Checks.fraction("--momentum", momentum);
        Checks.atLeast("--max-iterations", 0, maxIterations);
    }

    /** The same with another optimizer; Adam gets no weight decay, as in the reference implementation. */
    public TrainSettings by(FinetuneOptimizer other) {
        double decay = other == FinetuneOptimizer.ADAM ? 0 : weightDecay;
        return new TrainSettings(other, lr, epochs, batchSize, decay, momentum, augment, seed, maxIterations);
    }

    /** For config.json. */
    public Map<String, Object> describe() {
        return Json.object(
                "optimizer", optimizer.cliName(),
                "lr", lr.toString(),
                "epochs", epochs,
                "batch_size", batchSize,
                "weight_decay", weightDecay,
                "momentum", optimizer == FinetuneOptimizer.ADAM ? null : momentum,
                "augment", augment.described(),
                "seed", seed,
                "max_iterations", maxIterations);
    }
}
