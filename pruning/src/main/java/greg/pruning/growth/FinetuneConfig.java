package greg.pruning.growth;

import greg.nn.optim.LrSchedule;

/**
 * The training after the removal; nothing of the optimiser's state is carried over to it.
 *
 * @param lrFt {@code --lr-ft}: learning rate by epoch as {@code epoch:rate,...}, see {@link LrSchedule}. Default
 *     0:0.01,30:0.001,60:0.0001,75:0.00001 (ImageNet commands of the paper), 0:0.01,60:0.001,90:0.0001 (CIFAR commands)
 * @param epochs {@code --epochs}: passes over the training data; 0 leaves the network as removal left it. Default 90
 *     (ImageNet), 120 (CIFAR)
 * @param batchSize {@code --batch-size}: images a step. Default 256 (ImageNet, VGG-19), 128 (ResNet-56)
 */
public record FinetuneConfig(String lrFt, int epochs, int batchSize) {
    /** The paper's ImageNet setting, which is also the reference implementation's default. */
    public static final FinetuneConfig IMAGENET = new FinetuneConfig("0:0.01,30:0.001,60:0.0001,75:0.00001", 90, 256);

    /** The paper's CIFAR setting (ResNet-56). */
    public static final FinetuneConfig CIFAR = new FinetuneConfig("0:0.01,60:0.001,90:0.0001", 120, 128);

    /** Validates; IllegalArgumentException names the flag and what it expects. */
    public FinetuneConfig {
        if (epochs < 0) {
            throw new IllegalArgumentException("--epochs: expected 0 or more, got " + epochs);
        }
        if (batchSize < 1) {
            throw new IllegalArgumentException("--batch-size: expected at least 1, got " + batchSize);
        }
        try {
            LrSchedule.parse(lrFt);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--lr-ft: " + e.getMessage(), e);
        }
    }

    /** The learning rate by epoch. */
    public LrSchedule schedule() {
        return LrSchedule.parse(lrFt);
    }
}
