package greg.nn.init;

import greg.datasets.random.Seeds;
import greg.datasets.random.SplitMix;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.layer.Dropout;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.Map;

/**
 * Sets a network's parameters. The values of a parameter depend on nothing but the seed, its name and its shape: not on the
 * order of layers, the device or the thread count.
 */
public final class Initializer {
    private Initializer() {}

    /**
     * Draws all weights and biases and seeds dropout; batch normalisation gets weight 1, bias 0, running mean 0 and variance 1.
     *
     * @throws IllegalArgumentException for a parameter that is none of these
     */
    public static void initialize(NnModule module, Scheme scheme, long seed) {
        module.visit((path, m) -> {
            String prefix = path.isEmpty() ? "" : path + ".";
            boolean norm = m.ownBuffers().containsKey("running_var");
            if (norm) normalization(m);
            else layer(prefix, m.ownParameters(), scheme, seed);
        });
        seedDropout(module, seed);
    }

    /** Seeds dropout alone, each layer with a stream of its own: for networks whose weights come from elsewhere. */
    public static void seedDropout(NnModule module, long seed) {
        module.visit((path, m) -> {
            if (m instanceof Dropout dropout) dropout.seed(Seeds.stream(seed, "dropout." + path));
        });
    }

    private static void normalization(NnModule m) {
        fill(m.ownParameters().get("weight"), 1);
        fill(m.ownParameters().get("bias"), 0);
        fill(m.ownBuffers().get("running_mean"), 0);
        fill(m.ownBuffers().get("running_var"), 1);
    }

    private static void layer(String prefix, Map<String, Parameter> own, Scheme scheme, long seed) {
        if (own.isEmpty()) return;
        Parameter weight = own.get("weight");
        if (weight == null || weight.tensor().shape().rank() < 2) {
            throw new IllegalArgumentException("initialize: expected a weight of rank 2 or 4 and a bias under '"
                    + prefix + "', got " + own.keySet());
        }
        Shape shape = weight.tensor().shape();
        double fanIn = (double) shape.size() / shape.dim(0);
        double fanOut = (double) shape.size() / shape.dim(1);
        boolean convolution = shape.rank() == 4;
        boolean uniform = scheme == Scheme.UNIFORM || scheme == Scheme.KAIMING_NORMAL_FAN_OUT && !convolution;
        double fan = scheme == Scheme.KAIMING_NORMAL_FAN_OUT ? fanOut : fanIn;
        float[] values = new float[Math.toIntExact(shape.size())];
        if (uniform) uniform(values, 1 / Math.sqrt(fanIn), stream(seed, prefix + "weight"));
        else normal(values, Math.sqrt(2 / fan), stream(seed, prefix + "weight"));
        weight.tensor().set(values);
        Parameter bias = own.get("bias");
        if (bias == null) return;
        float[] offsets = new float[Math.toIntExact(bias.tensor().shape().size())];
        if (scheme != Scheme.KAIMING_NORMAL_ZERO_BIAS) {
            uniform(offsets, 1 / Math.sqrt(fanIn), stream(seed, prefix + "bias"));
        }
        bias.tensor().set(offsets);
    }

    private static void fill(Parameter p, float value) {
        float[] values = new float[Math.toIntExact(p.tensor().shape().size())];
        Arrays.fill(values, value);
        p.tensor().set(values);
    }

    /** values[i] uniform in [-bound, bound). */
    private static void uniform(float[] values, double bound, SplitMix random) {
        for (int i = 0; i < values.length; i++) values[i] = (float) (bound * (2 * random.unit() - 1));
    }

    /** values[i] normal with mean 0. */
    private static void normal(float[] values, double std, SplitMix random) {
        for (int i = 0; i < values.length; i++) values[i] = (float) (std * random.gaussian());
    }

    /** The random numbers of a parameter. */
    private static SplitMix stream(long seed, String name) {
        return SplitMix.of(seed, "init." + name);
    }
}
