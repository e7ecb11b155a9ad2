package greg.nn.init;

import greg.datasets.random.SplitMix;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * The initial values of a parameter. Each {@link greg.nn.Parameter} has one: layers use PyTorch's defaults, models what
 * their authors used, and {@link greg.nn.Initializer} draws the values.
 *
 * <p>In the formulas n is the fan-in, the number of inputs of one output: all elements but those of dimension 0, which counts
 * outputs; the fan-out leaves out dimension 1 instead.
 */
@FunctionalInterface
public interface Init {
    /** All zero. */
    Init ZERO = constant(0);

    /** All one. */
    Init ONE = constant(1);

    /** Uniform in +-1/sqrt(n): PyTorch's default for weights. */
    Init UNIFORM =
            (values, shape, random) -> uniform(1 / Math.sqrt(fanIn(shape))).fill(values, shape, random);

    /** Normal, standard deviation sqrt(2 / n) (He et al. 2015). */
    Init KAIMING_NORMAL =
            (values, shape, random) -> normal(Math.sqrt(2 / fanIn(shape))).fill(values, shape, random);

    /** Normal, standard deviation sqrt(2 / fan-out). */
    Init KAIMING_NORMAL_FAN_OUT =
            (values, shape, random) -> normal(Math.sqrt(2 / fanOut(shape))).fill(values, shape, random);

    /** An {@linkplain OrthogonalInit orthogonal} matrix with dimension 0 as its rows. */
    Init ORTHOGONAL = (values, shape, random) -> {
        int rows = shape.dim(0);
        float[] matrix = OrthogonalInit.matrix(rows, values.length / rows, random);
        System.arraycopy(matrix, 0, values, 0, values.length);
    };

    /** The default: {@link #UNIFORM} for two dimensions or more, {@link #ZERO} for fewer. */
    Init DEFAULT = (values, shape, random) -> (shape.rank() < 2 ? ZERO : UNIFORM).fill(values, shape, random);

    /**
     * Writes all initial values of a parameter.
     *
     * @param values to be overwritten, row-major
     * @param shape of the parameter at present; it may have been pruned
     * @param random the parameter's own stream
     */
    void fill(float[] values, Shape shape, SplitMix random);

    /** All the same. */
    static Init constant(float value) {
        return (values, shape, random) -> Arrays.fill(values, value);
    }

    /** Uniform in [-bound, bound). */
    static Init uniform(double bound) {
        return (values, shape, random) -> {
            for (int i = 0; i < values.length; i++) values[i] = (float) (bound * (2 * random.unit() - 1));
        };
    }

    /** Normal with mean 0. */
    static Init normal(double deviation) {
        return (values, shape, random) -> {
            for (int i = 0; i < values.length; i++) values[i] = (float) (deviation * random.gaussian());
        };
    }

    /** Uniform in +-1/sqrt(n) with the n of another parameter: PyTorch's default for the bias of a layer. */
    static Init uniformLike(Supplier<Shape> weight) {
        return (values, shape, random) ->
                uniform(1 / Math.sqrt(fanIn(weight.get()))).fill(values, shape, random);
    }

    private static double fanIn(Shape shape) {
        return (double) shape.size() / dimension(shape, 0);
    }

    private static double fanOut(Shape shape) {
        return (double) shape.size() / dimension(shape, 1);
    }

    private static int dimension(Shape shape, int axis) {
        if (shape.rank() < 2) {
            throw new IllegalArgumentException(
                    "init: expected a weight of at least 2 dimensions to count its inputs, got " + shape
                            + "; give this parameter an Init of its own");
        }
        return shape.dim(axis);
    }
}
