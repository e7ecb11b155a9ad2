package greg.pruning.study;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.train.Feeder;
import greg.nn.train.InputSource;
import greg.nn.train.LossGradient;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/**
 * What training minimises, as a function of all parameters in one vector: E(w) = L(w) + gamma/2 |w|^2 (eq. 3), with L the mean
 * cross-entropy over a fixed set of images, in evaluation mode. Biases count as weights. The network computes in float32;
 * vectors and everything done with them here are double.
 */
final class Objective implements AutoCloseable {
    private final NnModule network;
    private final Tensor images;
    private final Tensor labels;
    private final double weightDecay;
    private final int size;

    /**
     * Of {@code network}, whose parameters change with each evaluation.
     *
     * @param weightDecay gamma
     */
    Objective(NnModule network, Dataset dataset, Normalization normalization, double weightDecay) {
        this.network = network;
        this.weightDecay = weightDecay;
        size = Math.toIntExact(network.parameterCount());
        try (Batches batches = new Batches(dataset, dataset.size(), false, 0, false, 1).epoch(0);
                Scope scope = Scope.open()) {
            Batch batch = batches.next();
            Tensor x = Feeder.plain(network.backend(), dataset, normalization).images(batch, 0);
            images = Tensor.of(network.backend(), x.shape(), x.toHost());
            labels = Tensor.ofInts(network.backend(), Shape.of(batch.size()), batch.labels());
        }
    }

    /**
     * E and its gradient at a point.
     *
     * @param value E(w)
     * @param gradient dE/dw
     * @param lossGradient dL/dw, which the weight decay is not part of
     */
    record Point(double value, double[] gradient, double[] lossGradient) {}

    /** The number of parameters. */
    int size() {
        return size;
    }

    /** The network's parameters as they are. */
    double[] weights() {
        double[] w = new double[size];
        int at = 0;
        for (Parameter p : network.parameters().values()) {
            for (float value : p.tensor().toHost()) w[at++] = value;
        }
        return w;
    }

    /** Moves the network to {@code w}, rounded to float32. */
    void move(double[] w) {
        int at = 0;
        for (Parameter p : network.parameters().values()) {
            float[] values = new float[(int) p.tensor().shape().size()];
            for (int i = 0; i < values.length; i++) values[i] = (float) w[at++];
            p.tensor().set(values);
        }
    }

    /** Evaluates there, which leaves the network there. */
    Point at(double[] w) {
        move(w);
        LossGradient loss = LossGradient.of(network, () -> new InputSource.Input(images, labels));
        double[] gradient = new double[size];
        double[] lossGradient = new double[size];
        double squares = 0;
        int at = 0;
        for (Map.Entry<String, float[]> part : loss.gradients().entrySet()) {
            for (float g : part.getValue()) {
                double rounded = (float) w[at];
                lossGradient[at] = g;
                gradient[at] = g + weightDecay * rounded;
                squares += rounded * rounded;
                at++;
            }
        }
        return new Point(loss.loss() + weightDecay / 2 * squares, gradient, lossGradient);
    }

    @Override
    public void close() {
        images.close();
        labels.close();
    }
}
