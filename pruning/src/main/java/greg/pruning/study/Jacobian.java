package greg.pruning.study;

import greg.nn.NnModule;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * Singular values of a network's input-output Jacobian, d outputs / d inputs at given inputs. Where they are near 1,
 * gradients neither vanish nor explode on their way through the network (dynamical isometry, Saxe et al. 2014); pruning
 * lowers them, and the lower they are the harder finetuning is.
 *
 * <p>The network is in evaluation mode: batch normalization uses its running statistics, dropout is off. So the output for one
 * sample does not depend on the others.
 *
 * @param singularValues per sample, descending; min(outputs, input elements) of them
 */
public record Jacobian(List<double[]> singularValues) {
    /**
     * Computes them with one backward pass per output. The network is left as it was.
     *
     * @param images a small batch, (N, C, H, W)
     * @throws IllegalArgumentException if the network's output is not (N, outputs)
     */
    public static Jacobian of(NnModule network, Shape images, float[] values) {
        try (NnModule.Evaluation evaluation = network.evaluating()) {
            return decompose(rows(network, images, values));
        }
    }

    /** The Jacobians of a network in the mode it is in: sample, output, input element. */
    static double[][][] rows(NnModule network, Shape images, float[] values) {
        int samples = images.dim(0);
        int inputs = Math.toIntExact(images.size() / samples);
        double[][][] jacobians = null;
        int outputs = 1;
        for (int output = 0; output < outputs; output++) {
            try (Scope scope = Scope.open()) {
                Tensor x = scope.own(Tensor.parameter(network.backend(), images, values));
                Tensor y = network.call(x);
                if (y.shape().rank() != 2 || y.shape().dim(0) != samples) {
                    throw new IllegalArgumentException(
                            "jacobian: expected a network with outputs (" + samples + ", classes), got " + y.shape());
                }
                outputs = y.shape().dim(1);
                if (jacobians == null) jacobians = new double[samples][outputs][inputs];
                Backprop.run(OutputSumOp.apply(y, output));
                float[] gradient = x.gradientToHost();
                for (int n = 0; n < samples; n++) {
                    for (int i = 0; i < inputs; i++) jacobians[n][output][i] = gradient[n * inputs + i];
                }
            }
        }
        return jacobians;
    }

    private static Jacobian decompose(double[][][] jacobians) {
        List<double[]> values = new ArrayList<>();
        for (double[][] jacobian : jacobians) {
            values.add(new SingularValueDecomposition(new Array2DRowRealMatrix(jacobian, false)).getSingularValues());
        }
        return new Jacobian(values);
    }

    /**
     * All singular values of all samples together, as the reference implementation prints them.
     *
     * @param std their standard deviation, with n in the denominator
     */
    public record Summary(double mean, double std, double max, double min) {
        /** For people. */
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "mean %.4f, std %.4f, max %.4f, min %.4f", mean, std, max, min);
        }
    }

    /** All singular values of all samples together. */
    public Summary summary() {
        SummaryStatistics all = new SummaryStatistics();
        for (double[] values : singularValues) for (double value : values) all.addValue(value);
        return new Summary(all.getMean(), Math.sqrt(all.getPopulationVariance()), all.getMax(), all.getMin());
    }

    /** Largest over smallest singular value per sample, over all samples; infinite where an output depends on others. */
    public double meanCondition() {
        return singularValues.stream()
                .mapToDouble(v -> v[0] / v[v.length - 1])
                .average()
                .orElseThrow();
    }
}
