package greg.pruning.study;

import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.kernels.spec.GroupIndex;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.pruning.select.L1Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.exception.MaxCountExceededException;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.ConjugateGradient;
import org.apache.commons.math3.linear.IterativeLinearSolverEvent;
import org.apache.commons.math3.linear.NonPositiveDefiniteOperatorException;
import org.apache.commons.math3.linear.RealLinearOperator;
import org.apache.commons.math3.linear.RealVector;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.apache.commons.math3.util.IterationEvent;
import org.apache.commons.math3.util.IterationListener;
import org.apache.commons.math3.util.MathArrays;

/**
 * Equation 5 on a real network: near a minimum w* a small uniform penalty d moves the weights to w' = (H + d I)^-1 H w*, so by
 * w' - w* = -d (H + d I)^-1 w*. This is compared with where they go when the network is trained with the penalty. H is never
 * formed: H v is a central difference of two gradients, and the equation is solved by conjugate gradients.
 */
public final class Displacement {
    private static final String WEIGHT = ".weight";

    private final NnModule network;
    private final Objective objective;
    private final Settings settings;

    /**
     * How it is done.
     *
     * @param weightDecay gamma, part of E and so of H: it must be large enough for H to be positive definite at w*
     * @param penalty d
     * @param rate learning rate of gradient descent on all images at once; the last quarter of the steps has a tenth of it
     * @param momentum of gradient descent
     * @param steps until the network counts as converged
     * @param retrain steps with the penalty, and as many without it
     * @param reach the central difference is between w* + reach v/|v| and w* - reach v/|v|: about as far as the penalty moves
     *     the weights, since with ReLU and max-pooling the gradient has steps, over which a Hessian must average
     * @param tolerance relative residual at which conjugate gradients end
     * @param iterations of conjugate gradients at most
     */
    public record Settings(
            double weightDecay,
            double penalty,
            double rate,
            double momentum,
            int steps,
            int retrain,
            double reach,
            double tolerance,
            int iterations) {
        /** How many gradients are computed at most. */
        public int gradients() {
            return steps + 2 * retrain + 2 * iterations + 4;
        }
    }

    /**
     * What was found; displacements have one element for each parameter of the network, biases included, in its order.
     *
     * @param loss E at w*
     * @param gradientNorm |dE/dw| there, 0 at a true minimum
     * @param weights w*
     * @param predicted w' - w* by equation 5
     * @param actual the difference of the weights after training with and without the penalty from w* on: what training without
     *     it still changes does not count
     * @param drift length of the latter change
     * @param iterations of conjugate gradients
     * @param residual relative, at their end
     * @param smallest smallest curvature v^T H v / |v|^2 that they met, gamma included
     * @param largest largest
     * @param layers each layer with a weight of groups
     */
    public record Result(
            double loss,
            double gradientNorm,
            double[] weights,
            double[] predicted,
            double[] actual,
            double drift,
            int iterations,
            double residual,
            double smallest,
            double largest,
            List<LayerShrinkage> layers) {
        /** Pearson's correlation of predicted and actual displacement over all weights. */
        public double pearson() {
            return new PearsonsCorrelation().correlation(predicted, actual);
        }

        /** Spearman's, of their ranks. */
        public double spearman() {
            return new SpearmansCorrelation().correlation(predicted, actual);
        }

        /** Pearson's correlation if all curvatures were equal, so that every weight shrank by the same share: of -w* and actual. */
        public double pearsonOfEqualCurvature() {
            return -new PearsonsCorrelation().correlation(weights, actual);
        }
    }

    /** The two displacements of every n-th weight; equation 5 and training agree on the line. */
    public static Figure figure(Result result, int every) {
        double[] predicted = every(result.predicted(), every);
        double most = Arrays.stream(predicted).map(Math::abs).max().orElseThrow();
        double[] ends = {-most, most};
        return new Figure(
                        "Where a small uniform penalty moves the weights of a LeNet-5",
                        Figure.Axis.linear("displacement by equation 5"),
                        Figure.Axis.linear("displacement after retraining"))
                .points("every " + every + "th weight", predicted, every(result.actual(), every))
                .line("equal", ends, ends);
    }

    /** What is left of the filters of some layers, by equation 5 and after training. */
    public static Figure figureOfFilters(Result result, List<String> layers) {
        Figure figure = new Figure(
                "What is left of each filter's L1 norm",
                Figure.Axis.linear("with / without the penalty, by equation 5"),
                Figure.Axis.linear("after retraining"));
        for (LayerShrinkage layer : result.layers()) {
            if (layers.contains(layer.layer())) figure.points(layer.layer(), layer.predicted(), layer.actual());
        }
        return figure;
    }

    private static double[] every(double[] values, int n) {
        return IntStream.range(0, values.length / n)
                .mapToDouble(i -> values[i * n])
                .toArray();
    }

    /**
     * How the filters of a layer (rows of a linear one) shrank: what is left of their L1 norms, with / without the penalty.
     *
     * @param layer its name
     * @param predicted by equation 5, per filter
     * @param actual after training
     */
    public record LayerShrinkage(String layer, double[] predicted, double[] actual) {
        /** Spearman's correlation of the two: 1 if they rank the filters alike. */
        public double spearman() {
            return new SpearmansCorrelation().correlation(predicted, actual);
        }

        /** How many of the half that shrank most by equation 5 are in the half that did. */
        public long halvesShare() {
            int half = predicted.length / 2;
            List<Integer> first = smallest(predicted).subList(0, half);
            return smallest(actual).subList(0, half).stream()
                    .filter(first::contains)
                    .count();
        }

        private static List<Integer> smallest(double[] values) {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < values.length; i++) order.add(i);
            order.sort((a, b) -> Double.compare(values[a], values[b]));
            return order;
        }
    }

    private Displacement(NnModule network, Objective objective, Settings settings) {
        this.network = network;
        this.objective = objective;
        this.settings = settings;
    }

    /**
     * Measures.
     *
     * @param network somewhere near a minimum; it is left where the last training ends
     * @param images all of which every gradient is of
     * @param gradientDone called after each gradient, {@link Settings#gradients} times at most
     */
    public static Result measure(
            NnModule network, Dataset images, Normalization normalization, Settings settings, Runnable gradientDone) {
        try (Objective objective =
                new Objective(network, images, normalization, settings.weightDecay(), gradientDone)) {
            return new Displacement(network, objective, settings).measure();
        }
    }

    private Result measure() {
        double[] start = objective.weights();
        double[] minimum = descend(start, 0, settings.steps());
        Objective.Point there = objective.at(minimum);
        Curvature curvature = new Curvature(minimum);
        double[] predicted = curvature.displacement();
        double[] without = descend(minimum, 0, settings.retrain());
        double[] with = descend(minimum, settings.penalty(), settings.retrain());
        double[] actual = MathArrays.ebeSubtract(with, without);
        return new Result(
                there.value(),
                norm(there.gradient()),
                minimum,
                predicted,
                actual,
                norm(MathArrays.ebeSubtract(without, minimum)),
                curvature.iterations,
                curvature.residual,
                curvature.smallest,
                curvature.largest,
                layers(minimum, MathArrays.ebeAdd(minimum, predicted), without, with));
    }

    /** Gradient descent on E + penalty / 2 |w|^2 with momentum: v = m v + g, w -= rate v. */
    private double[] descend(double[] from, double penalty, int steps) {
        double[] w = from.clone();
        double[] velocity = new double[w.length];
        for (int step = 0; step < steps; step++) {
            double[] gradient = objective.at(w).gradient();
            double rate = step < steps - steps / 4 ? settings.rate() : settings.rate() / 10;
            for (int i = 0; i < w.length; i++) {
                velocity[i] = settings.momentum() * velocity[i] + gradient[i] + penalty * w[i];
                w[i] -= rate * velocity[i];
            }
        }
        return w;
    }

    /** H at a point, as a function of a vector. */
    private final class Curvature extends RealLinearOperator {
        private final double[] at;
        private int iterations;
        private double residual;
        private double smallest = Double.POSITIVE_INFINITY;
        private double largest;

        Curvature(double[] at) {
            this.at = at;
        }

        @Override
        public int getRowDimension() {
            return at.length;
        }

        @Override
        public int getColumnDimension() {
            return at.length;
        }

        /** (H + d I) v. */
        @Override
        public RealVector operate(RealVector v) {
            double step = settings.reach() / v.getNorm();
            RealVector w = new ArrayRealVector(at, false);
            double[] ahead = objective.at(w.add(v.mapMultiply(step)).toArray()).gradient();
            double[] behind =
                    objective.at(w.subtract(v.mapMultiply(step)).toArray()).gradient();
            RealVector hv = new ArrayRealVector(MathArrays.ebeSubtract(ahead, behind), false).mapDivide(2 * step);
            double curvature = v.dotProduct(hv) / v.dotProduct(v);
            smallest = Math.min(smallest, curvature);
            largest = Math.max(largest, curvature);
            return hv.add(v.mapMultiply(settings.penalty()));
        }

        /**
         * The solution of (H + d I) x = -d w*, or how far conjugate gradients come: they end early at their limit, and where a
         * curvature is not above 0, since E is no bowl in that direction.
         */
        double[] displacement() {
            RealVector force = new ArrayRealVector(at).mapMultiply(-settings.penalty());
            Progress progress = new Progress(at.length);
            ConjugateGradient solver = new ConjugateGradient(settings.iterations(), settings.tolerance(), true);
            solver.getIterationManager().addIterationListener(progress);
            try {
                solver.solve(this, force);
            } catch (MaxCountExceededException | NonPositiveDefiniteOperatorException e) {
                assert progress.iterations > 0; // what was reached by then is the answer, with its residual
            }
            iterations = progress.iterations;
            residual = progress.residual / force.getNorm();
            return progress.solution.toArray();
        }
    }

    /** The best that an iterative solver has reached. */
    private static final class Progress implements IterationListener {
        private RealVector solution;
        private double residual;
        private int iterations;

        Progress(int size) {
            solution = new ArrayRealVector(size);
        }

        private void look(IterationEvent event) {
            IterativeLinearSolverEvent now = (IterativeLinearSolverEvent) event;
            solution = now.getSolution().copy();
            residual = now.getNormOfResidual();
            iterations = now.getIterations();
        }

        @Override
        public void initializationPerformed(IterationEvent event) {
            look(event);
        }

        @Override
        public void iterationStarted(IterationEvent event) {}

        @Override
        public void iterationPerformed(IterationEvent event) {
            look(event);
        }

        @Override
        public void terminationPerformed(IterationEvent event) {
            look(event);
        }
    }

    /** What is left of each filter's L1 norm, in every layer that has more than one filter. */
    private List<LayerShrinkage> layers(double[] before, double[] predicted, double[] without, double[] with) {
        List<LayerShrinkage> layers = new ArrayList<>();
        int at = 0;
        for (var entry : network.parameters().entrySet()) {
            int length = (int) entry.getValue().tensor().shape().size();
            if (entry.getKey().endsWith(WEIGHT)) {
                int filters = entry.getValue().tensor().shape().dim(0);
                GroupIndex groups = new GroupIndex(filters, length / filters);
                layers.add(new LayerShrinkage(
                        Parameter.layerName(entry.getKey()),
                        left(before, predicted, at, length, groups),
                        left(without, with, at, length, groups)));
            }
            at += length;
        }
        return layers;
    }

    private static double[] left(double[] before, double[] after, int at, int length, GroupIndex groups) {
        float[] first = scores(before, at, length, groups);
        float[] second = scores(after, at, length, groups);
        double[] left = new double[first.length];
        for (int g = 0; g < left.length; g++) left[g] = second[g] / (double) first[g];
        return left;
    }

    private static float[] scores(double[] w, int at, int length, GroupIndex groups) {
        float[] part = new float[length];
        for (int i = 0; i < length; i++) part[i] = (float) w[at + i];
        return L1Scores.ofWeights(part, groups);
    }

    private static double norm(double[] v) {
        return Math.sqrt(Arrays.stream(v).map(x -> x * x).sum());
    }
}
