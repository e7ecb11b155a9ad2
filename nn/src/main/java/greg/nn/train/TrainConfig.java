package greg.nn.train;

import static greg.nn.SettingException.require;

import greg.nn.optim.LrSchedule;
import greg.nn.optim.OptimizerKind;

/**
 * How a network is trained, from scratch or after pruning. {@link #sgd} and {@link #adam} give the usual values, the
 * {@code with} methods change one:
 *
 * <pre>{@code
 * TrainConfig.sgd("0:0.1,100:0.01,150:0.001", 200).withBatchSize(64)
 * }</pre>
 *
 * @param optimizer the kind of optimizer
 * @param lr learning rate by epoch
 * @param epochs passes over the training images; 0 leaves the network as it is
 * @param batchSize images per step; default 128 (paper, ResNet-56)
 * @param weightDecay gamma, L2 coefficient on every parameter; default 5e-4 for SGD (paper, CIFAR), 0 for Adam
 * @param momentum of SGD, no dampening, no Nesterov; default 0.9 (paper); Adam has none
 * @param augment random augmentation of training images; default {@link Augmentation#CROP}
 * @param seed fixes order and augmentation; default 0
 * @param maxIterations stops after this many steps, for trials; default 0: no limit
 */
public record TrainConfig(
        OptimizerKind optimizer,
        LrSchedule lr,
        int epochs,
        int batchSize,
        double weightDecay,
        double momentum,
        Augmentation augment,
        long seed,
        long maxIterations) {

    /** Checks the numbers; the {@link greg.nn.SettingException} says which is wrong, what was expected and what it was. */
    public TrainConfig {
        require(epochs >= 0, "epochs", "0 or more", epochs);
        require(batchSize >= 1, "batchSize", "at least 1", batchSize);
        require(
                weightDecay >= 0 && weightDecay <= Float.MAX_VALUE,
                "weightDecay",
                "a number from 0 to " + Float.MAX_VALUE,
                weightDecay);
        require(momentum >= 0 && momentum < 1, "momentum", "a number in [0, 1)", momentum);
        require(maxIterations >= 0, "maxIterations", "a whole number from 0", maxIterations);
    }

    /**
     * Stochastic gradient descent with the defaults.
     *
     * @param lr learning rate by epoch, see {@link LrSchedule#parse}
     */
    public static TrainConfig sgd(String lr, int epochs) {
        return new TrainConfig(
                OptimizerKind.SGD, LrSchedule.parse(lr), epochs, 128, 5e-4, 0.9, Augmentation.CROP, 0, 0);
    }

    /** Adam with the defaults. */
    public static TrainConfig adam(String lr, int epochs) {
        return sgd(lr, epochs).by(OptimizerKind.ADAM);
    }

    /** The same with another optimizer; Adam gets no weight decay, as in the reference implementation. */
    public TrainConfig by(OptimizerKind other) {
        double decay = other == OptimizerKind.ADAM ? 0 : weightDecay;
        return new TrainConfig(other, lr, epochs, batchSize, decay, momentum, augment, seed, maxIterations);
    }

    /** The same with another learning rate for another number of epochs. */
    public TrainConfig withSchedule(LrSchedule schedule, int passes) {
        return new TrainConfig(
                optimizer, schedule, passes, batchSize, weightDecay, momentum, augment, seed, maxIterations);
    }

    /** The same with another {@link #batchSize}. */
    public TrainConfig withBatchSize(int images) {
        return new TrainConfig(optimizer, lr, epochs, images, weightDecay, momentum, augment, seed, maxIterations);
    }

    /** The same with another {@link #weightDecay}. */
    public TrainConfig withWeightDecay(double gamma) {
        return new TrainConfig(optimizer, lr, epochs, batchSize, gamma, momentum, augment, seed, maxIterations);
    }

    /** The same with another {@link #momentum}. */
    public TrainConfig withMomentum(double value) {
        return new TrainConfig(optimizer, lr, epochs, batchSize, weightDecay, value, augment, seed, maxIterations);
    }

    /** The same with another {@link #augment}. */
    public TrainConfig withAugmentation(Augmentation kind) {
        return new TrainConfig(optimizer, lr, epochs, batchSize, weightDecay, momentum, kind, seed, maxIterations);
    }

    /** The same with another {@link #seed}. */
    public TrainConfig withSeed(long value) {
        return new TrainConfig(optimizer, lr, epochs, batchSize, weightDecay, momentum, augment, value, maxIterations);
    }

    /** The same with another limit, {@link #maxIterations}. */
    public TrainConfig withMaxIterations(long steps) {
        return new TrainConfig(optimizer, lr, epochs, batchSize, weightDecay, momentum, augment, seed, steps);
    }
}
