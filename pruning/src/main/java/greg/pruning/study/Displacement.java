package greg.pruning.study;

import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.kernels.spec.GroupIndex;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.optim.Sgd;
import greg.nn.train.Position;
import greg.nn.train.TrainData;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.nn.train.Trainer;
import greg.pruning.select.L1Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
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
 * Equation 5 on a real network: near a minimum w* a small uniform penalty lambda moves the weights to w' = (H + lambda I)^-1 H w*, so by
 * w' - w* = -lambda (H + lambda I)^-1 w*. This is compared with where they go when the network is trained with the penalty. H is never
 * formed: H v is a central difference of two gradients, and the equation is solved by conjugate gradients.
 */
public final class Displacement {
    private static final String WEIGHT = ".weight";
    private static final float MOMENTUM = 0.9f;

    private final NnModule network;
    private final Objective objective;
    private final TrainData data;
    private final Settings settings;
    private final Runnable done;

    /**
     * How it is done. With ReLU and max-pooling the gradient jumps wherever a unit switches, so a Hessian exists only as an
     * average over many switches: stochastic gradient descent, whose steps scatter about a minimum, takes that average by itself,
     * and the central difference takes it by reaching somewhat farther than the penalty moves the weights.
     *
     * @param weightDecay gamma, part of E and so of H: large enough for H to be positive definite near w*
     * @param penalty lambda, on all weights
     * @param rate learning rate of SGD with momentum 0.9 until the weights are near w*; then a sixth of it, so that two trainings on the same batches stay together
     * @param batch images in a step
     * @param steps at each of the two rates; w* is the mean of the last half of them
     * @param retrain steps with the penalty, and as many without it on the same batches; the mean of the last half counts
     * @param reach half the distance of the two gradients in a central difference
     * @param iterations of conjugate gradients at most
     * @param tolerance relative residual at which they end earlier
     */
    public record Settings(
            double weightDecay,
            double penalty,
            double rate,
            int batch,
            int steps,
            int retrain,
            double reach,
            int iterations,
            double tolerance) {
        /** Refuses to predict without a single product. */
        public Settings {
            if (iterations < 1) {
                throw new IllegalArgumentException(
                        "displacement: expected at least 1 iteration of conjugate gradients, got " + iterations);
            }
        }

        /** Steps of SGD and products H v in all, at most: what {@link #measure} reports one by one. */
        public int work() {
            return 2 * steps + 2 * retrain + iterations;
        }
    }

    /**
     * What was found; displacements have one element for each parameter of the network, biases included, in its order.
     *
     * @param loss E at w*
     * @param gradientNorm |dE/dw| there, 0 at a minimum of a smooth loss
     * @param weights w*
     * @param predicted w' - w* by equation 5
     * @param actual the difference of the weights after training on with and without the penalty: what training on changes
     *     without it does not count
     * @param drift length of the latter change
     * @param iterations of conjugate gradients
     * @param residual relative, at their end
     * @param smallest smallest curvature v^T H v / |v|^2 along their search directions v, gamma included
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
                .points("one weight in " + every, predicted, every(result.actual(), every))
                .line("equal", ends, ends);
    }

    /** What is left of the filters of some layers, by equation 5 and after training; dead ones are drawn apart. */
    public static Figure figureOfFilters(Result result, List<String> layers) {
        Figure figure = new Figure(
                "What is left of each filter's L1 norm",
                Figure.Axis.linear("with / without the penalty, by equation 5"),
                Figure.Axis.linear("after retraining"));
        List<LayerShrinkage> shown = result.layers().stream()
                .filter(layer -> layers.contains(layer.layer()))
                .toList();
        for (LayerShrinkage layer : shown) {
            LayerShrinkage live = layer.liveOnes();
            if (live.filters() > 0) figure.points(layer.layer(), live.predicted(), live.actual());
        }
        List<LayerShrinkage> dead = shown.stream().map(LayerShrinkage::deadOnes).toList();
        int count = dead.stream().mapToInt(LayerShrinkage::filters).sum();
        if (count > 0) {
            figure.points(
                    count + " filters without a gradient",
                    joined(dead, LayerShrinkage::predicted),
                    joined(dead, LayerShrinkage::actual));
        }
        return figure;
    }

    private static double[] joined(List<LayerShrinkage> layers, Function<LayerShrinkage, double[]> values) {
        return layers.stream().map(values).flatMapToDouble(Arrays::stream).toArray();
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
     * @param dead per filter, whether the loss has no gradient at all at w* by its weights, as where no image activates the
     *     unit: only weight decay and penalty move it, so it says nothing about the Hessian of the loss
     */
    public record LayerShrinkage(String layer, double[] predicted, double[] actual, boolean[] dead) {
        /** Only the filters that are not dead. */
        public LayerShrinkage liveOnes() {
            return only(false);
        }

        /** Only the dead ones. */
        public LayerShrinkage deadOnes() {
            return only(true);
        }

        private LayerShrinkage only(boolean wanted) {
            int[] filters = IntStream.range(0, dead.length)
                    .filter(f -> dead[f] == wanted)
                    .toArray();
            boolean[] flags = new boolean[filters.length];
            Arrays.fill(flags, wanted);
            return new LayerShrinkage(
                    layer,
                    Arrays.stream(filters).mapToDouble(f -> predicted[f]).toArray(),
                    Arrays.stream(filters).mapToDouble(f -> actual[f]).toArray(),
                    flags);
        }

        /** How many filters these are. */
        public int filters() {
            return dead.length;
        }

        /** Spearman's correlation of the two: 1 if they rank the filters alike; NaN of fewer than two filters. */
        public double spearman() {
            return filters() < 2 ? Double.NaN : new SpearmansCorrelation().correlation(predicted, actual);
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

    private Displacement(NnModule network, Objective objective, TrainData data, Settings settings, Runnable done) {
        this.network = network;
        this.objective = objective;
        this.data = data;
        this.settings = settings;
        this.done = done;
    }

    /**
     * Measures.
     *
     * @param network with initial weights; it is left where the last training ends
     * @param images all of them give the gradients of H, batches of them train
     * @param done called after each step of SGD and each product H v, {@link Settings#work} times at most
     */
    public static Result measure(
            NnModule network, Dataset images, Normalization normalization, Settings settings, Runnable done) {
        TrainData data = TrainData.of(images, settings.batch()).normalize(normalization);
        try (Objective objective = new Objective(network, images, normalization, settings.weightDecay())) {
            return new Displacement(network, objective, data, settings, done).measure();
        }
    }

    private Result measure() {
        train(settings.rate(), 0, settings.steps());
        double[] minimum = train(settings.rate() / 6, 0, settings.steps());
        double[] start = objective.weights();
        Objective.Point there = objective.at(minimum);
        Curvature curvature = new Curvature(minimum);
        double[] predicted = curvature.displacement();
        objective.move(start);
        double[] without = train(settings.rate() / 6, 0, settings.retrain());
        objective.move(start);
        double[] with = train(settings.rate() / 6, settings.penalty(), settings.retrain());
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
                layers(
                        minimum,
                        MathArrays.ebeAdd(minimum, predicted),
                        MathArrays.ebeAdd(minimum, actual),
                        there.lossGradient()));
    }

    /** Trains on from where the network is; the batches are the same each time. Returns the mean weights of the last half. */
    private double[] train(double rate, double penalty, int steps) {
        double[] mean = new double[objective.size()];
        int last = steps / 2;
        try (Sgd sgd = new Sgd(network, MOMENTUM, (float) (settings.weightDecay() + penalty))) {
            sgd.learningRate((float) rate);
            TrainHook averages = new TrainHook() {
                @Override
                public void afterStep(TrainLoop loop) {
                    done.run();
                    if (loop.iteration() < steps - last) return;
                    double[] w = objective.weights();
                    for (int i = 0; i < mean.length; i++) mean[i] += w[i] / last;
                }
            };
            new Trainer(network, sgd).hooks(averages).run(data, Position.START, steps);
        }
        return mean;
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
            double length = v.getNorm();
            if (length == 0) return new ArrayRealVector(at.length); // where conjugate gradients start
            double step = settings.reach() / length;
            RealVector w = new ArrayRealVector(at, false);
            double[] ahead = objective.at(w.add(v.mapMultiply(step)).toArray()).gradient();
            double[] behind =
                    objective.at(w.subtract(v.mapMultiply(step)).toArray()).gradient();
            RealVector hv = new ArrayRealVector(MathArrays.ebeSubtract(ahead, behind), false).mapDivide(2 * step);
            double curvature = v.dotProduct(hv) / v.dotProduct(v);
            done.run();
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
            // its count of iterations starts at 1, with the initialization
            ConjugateGradient solver = new ConjugateGradient(settings.iterations() + 1, settings.tolerance(), true);
            solver.getIterationManager().addIterationListener(progress);
            try {
                solver.solve(this, force);
            } catch (MaxCountExceededException | NonPositiveDefiniteOperatorException e) {
                // what was reached by then is the answer, with its residual
            }
            if (progress.iterations == 0) {
                throw new IllegalArgumentException("displacement: expected a minimum, but E curves downwards (by "
                        + (float) smallest + ") along w*: use more weight decay, or more steps");
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
            iterations = now.getIterations() - 1;
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

    /** What is left of each filter's L1 norm, in every layer. */
    private List<LayerShrinkage> layers(double[] before, double[] predicted, double[] actual, double[] lossGradient) {
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
                        left(before, actual, at, length, groups),
                        dead(lossGradient, at, filters, length / filters)));
            }
            at += length;
        }
        return layers;
    }

    private static boolean[] dead(double[] lossGradient, int at, int filters, int weights) {
        boolean[] dead = new boolean[filters];
        for (int f = 0; f < filters; f++) {
            int from = at + f * weights;
            dead[f] = Arrays.stream(lossGradient, from, from + weights).allMatch(g -> g == 0);
        }
        return dead;
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
