package greg.bench;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.Memory;
import greg.nn.NnModule;
import greg.nn.model.CifarResNet;
import greg.nn.optim.Sgd;
import greg.nn.train.InputSource;
import greg.nn.train.Metrics;
import greg.nn.train.TrainStep;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** The training step of {@link TrainStepWorkload} in greg: the same weights, batch and update as the peers'. */
public final class GregStep implements AutoCloseable {
    private final Backend backend;
    private final NnModule network;
    private final Sgd sgd;
    private final Metrics metrics;
    private final TrainStep step;
    private final Tensor images;
    private final Tensor labels;

    /**
     * Builds the network on {@code device}.
     *
     * @param threads compute threads
     */
    public GregStep(TrainStepWorkload work, String device, int threads) {
        backend = Backends.open(device, new BackendOptions(threads, 0));
        network = new CifarResNet(backend, work.depth(), 3, TrainStepWorkload.CLASSES);
        work.parameters()
                .forEach((name, values) ->
                        network.parameters().get(name).tensor().set(values));
        sgd = new Sgd(network, TrainStepWorkload.MOMENTUM, TrainStepWorkload.WEIGHT_DECAY);
        sgd.learningRate(TrainStepWorkload.LEARNING_RATE);
        metrics = new Metrics(backend);
        step = new TrainStep(network, sgd, metrics);
        images = Tensor.of(backend, Shape.of(work.batch(), 3, 32, 32), work.images());
        labels = Tensor.ofInts(backend, Shape.of(work.batch()), work.labels());
    }

    /** One step; returns the loss before it. */
    public float step() {
        step.run(() -> new InputSource.Input(images, labels));
        return step.loss();
    }

    /** The network's memory pool, for tests that watch it. */
    public Memory memory() {
        return backend.memory();
    }

    @Override
    public void close() {
        images.close();
        labels.close();
        step.close();
        metrics.close();
        sgd.close();
        network.close();
        backend.close();
    }
}
