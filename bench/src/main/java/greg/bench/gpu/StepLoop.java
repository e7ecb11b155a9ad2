package greg.bench.gpu;

import greg.datasets.ArrayDataset;
import greg.datasets.Dataset;
import greg.datasets.DatasetInfo;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.spec.GroupIndex;
import greg.nn.NnModule;
import greg.nn.cost.CostModel;
import greg.nn.model.Networks;
import greg.nn.optim.Penalties;
import greg.nn.optim.Sgd;
import greg.nn.train.Augmentation;
import greg.nn.train.InputSource;
import greg.nn.train.Metrics;
import greg.nn.train.TrainData;
import greg.nn.train.TrainStep;
import greg.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Training steps of a {@link StepCase} as {@code greg train} and {@code greg prune} take them: images on the device as bytes,
 * cropped and flipped there, forward, cross-entropy, backward, SGD with momentum 0.9 and weight decay 5e-4.
 */
final class StepLoop implements AutoCloseable {
    private static final long SEED = 1;
    private static final float LEARNING_RATE = 0.01f;
    private static final float MOMENTUM = 0.9f;
    private static final float WEIGHT_DECAY = 5e-4f;
    /** By how much lambda grows at a time: the paper's. */
    static final float GROWTH = 1e-4f;

    private final Backend backend;
    private final NnModule network;
    private final Sgd sgd;
    private final Penalties penalties;
    private final Map<String, float[]> lambda = new LinkedHashMap<>();
    private final Metrics metrics;
    private final TrainStep step;
    private final InputSource inputs;
    private final float growth;
    private final long macs;
    private long steps;

    /**
     * Builds the network on {@code backend}, which the caller closes after this.
     *
     * @param data {@link #data} of the case
     * @param growth by how much lambda grows at a time
     */
    StepLoop(StepCase what, Backend backend, Dataset data, float growth) {
        this.backend = backend;
        this.growth = growth;
        network = Networks.createInitialized(what.arch(), backend, 3, what.imageSize(), what.classes(), SEED)
                .train(true);
        CostModel cost = CostModel.of(network, 3, what.imageSize(), what.imageSize());
        macs = what.batch() * (3 * cost.macs() - cost.layers().get(0).macs());
        sgd = new Sgd(network, MOMENTUM, WEIGHT_DECAY);
        sgd.learningRate(LEARNING_RATE);
        penalties = what.growing() ? sgd.penalize(filters()) : null;
        metrics = new Metrics(backend);
        step = new TrainStep(network, sgd, metrics);
        inputs = TrainData.of(data, what.batch())
                .augment(Augmentation.CROP)
                .seed(SEED)
                .open(backend, 0);
    }

    /** Filters as groups, for every convolution. */
    private Map<String, GroupIndex> filters() {
        Map<String, GroupIndex> groups = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> {
            Shape shape = parameter.tensor().shape();
            if (shape.rank() != 4) return;
            int filter = shape.dim(1) * shape.dim(2) * shape.dim(3);
            groups.put(name, new GroupIndex(shape.dim(0), filter));
            lambda.put(name, new float[shape.dim(0)]);
        });
        return groups;
    }

    /** Images that a network can learn: as many whole batches as {@code images} has, at least one. */
    static Dataset data(StepCase what, int images) {
        int count = Math.max(1, images / what.batch()) * what.batch();
        ImageShape shape = new ImageShape(3, what.imageSize(), what.imageSize(), what.classes());
        Dataset source = Synthetic.split(count, 0, shape, SEED).train();
        byte[] pixels = new byte[Math.multiplyExact(count, shape.bytes())];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            source.image(i, pixels, i * shape.bytes());
            labels[i] = source.label(i);
        }
        return new ArrayDataset(DatasetInfo.of("synthetic images", shape), pixels, labels);
    }

    /** Issues one step. */
    void step() {
        if (penalties != null && steps % StepCase.INTERVAL == 0) {
            for (float[] coefficients : lambda.values()) {
                for (int g = 0; g < coefficients.length; g++) coefficients[g] += growth;
            }
            penalties.lambda(lambda);
        }
        steps++;
        step.run(inputs);
    }

    /** Mean loss of the last step's images (waits for the device). */
    float loss() {
        return step.loss();
    }

    /** All parameters, by name (waits for the device). */
    Map<String, float[]> weights() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        network.parameters()
                .forEach((name, parameter) ->
                        weights.put(name, parameter.tensor().toHost()));
        return weights;
    }

    /** Multiply-accumulates of a step's convolutions and linear layers, forward and both gradients; the images need none. */
    long macs() {
        return macs;
    }

    void synchronize() {
        backend.synchronize();
    }

    @Override
    public void close() {
        inputs.close();
        step.close();
        metrics.close();
        sgd.close();
        network.close();
    }
}
