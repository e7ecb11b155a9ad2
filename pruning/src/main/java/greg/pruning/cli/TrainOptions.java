package greg.pruning.cli;

import greg.nn.optim.OptimizerKind;
import greg.nn.train.TrainConfig;
import picocli.CommandLine.Option;

/** Flags of training from scratch; the defaults are the paper's for CIFAR. */
@HelpGroup(HelpGroup.Heading.TRAINING)
final class TrainOptions {
    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "200",
            description = "Passes over the training images. Default: ${DEFAULT-VALUE}.")
    int epochs;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "N",
            defaultValue = "128",
            description = "Images per step; all of them if there are fewer. Default: ${DEFAULT-VALUE}.")
    int batchSize;

    @Option(
            names = "--lr",
            paramLabel = "EPOCH:RATE,...",
            defaultValue = "0:0.1,100:0.01,150:0.001",
            description = "Learning rate from an epoch on. Default: ${DEFAULT-VALUE}.")
    String lr;

    @Option(
            names = {"--weight-decay", "--wd"},
            paramLabel = "X",
            defaultValue = "5e-4",
            description = "L2 coefficient on every parameter (the paper's gamma; 1e-4 for ImageNet). Default:"
                    + " ${DEFAULT-VALUE}.")
    double weightDecay;

    @Option(
            names = "--momentum",
            paramLabel = "X",
            defaultValue = "0.9",
            description = "Momentum of SGD, from 0 to below 1. Default: ${DEFAULT-VALUE}.")
    double momentum;

    @Option(
            names = "--max-iterations",
            paramLabel = "N",
            defaultValue = "0",
            description = "Stop after N steps, for trials; 0: no limit. Default: ${DEFAULT-VALUE}.")
    long maxIterations;

    TrainConfig settings(RunOptions run, DataOptions data) {
        Checks.atLeast("--epochs", 0, epochs);
        Checks.batch("--batch-size", batchSize);
        Checks.notNegative("--weight-decay", weightDecay);
        Checks.fraction("--momentum", momentum);
        return new TrainConfig(
                OptimizerKind.SGD,
                Checks.schedule("--lr", lr),
                epochs,
                batchSize,
                weightDecay,
                momentum,
                run.augment(data),
                run.seed,
                maxIterations);
    }
}
