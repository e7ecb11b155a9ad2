package greg.pruning;

import java.util.regex.Pattern;

/**
 * The training after the removal; nothing of the optimiser's state is carried over to it.
 *
 * @param lrSchedule {@code --lr-ft}: learning rate by epoch as {@code epoch:rate,...}, first epoch 0, ascending; the
 *     entry with the largest epoch that is not after the current one holds. Default 0:0.01,30:0.001,60:0.0001,75:0.00001
 *     (ImageNet commands of the paper), 0:0.01,60:0.001,90:0.0001 (CIFAR commands)
 * @param epochs {@code --epochs}: passes over the training data; 0 leaves the network as removal left it. Default 90
 *     (ImageNet), 120 (CIFAR)
 * @param batchSize {@code --batch-size}: images a step. Default 256 (ImageNet, VGG-19), 128 (ResNet-56)
 */
public record FinetuneConfig(String lrSchedule, int epochs, int batchSize) {
    private static final Pattern ENTRY = Pattern.compile("(\\d+):([0-9.eE+-]+)");

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
        long previous = -1;
        for (String entry : lrSchedule.split(",", -1)) {
            var match = ENTRY.matcher(entry.trim());
            if (!match.matches() || !(rate(match.group(2)) > 0)) {
                throw schedule(lrSchedule, "'" + entry + "' is no epoch:rate");
            }
            long epoch = Long.parseLong(match.group(1));
            if (previous < 0 ? epoch != 0 : epoch <= previous) {
                throw schedule(lrSchedule, previous < 0 ? "the first epoch is not 0" : "the epochs do not ascend");
            }
            previous = epoch;
        }
    }

    private static double rate(String text) {
        try {
            double rate = Double.parseDouble(text);
            return Double.isInfinite(rate) ? Double.NaN : rate;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static IllegalArgumentException schedule(String got, String why) {
        return new IllegalArgumentException(
                "--lr-ft: expected epoch:rate,... from epoch 0, such as 0:0.01,60:0.001, got '" + got + "' (" + why
                        + ")");
    }
}
