package greg.nn.init;

import greg.kernels.Philox;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.layer.Dropout;
import greg.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Sets a network's parameters. Element i of a parameter depends on nothing but the seed, the parameter's name and i: not
 * on the order of layers, the device or the thread count.
 */
public final class Initializer {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

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
            String prefix = path.isEmpty() ? "" : path + ".";
            if (m instanceof Dropout dropout) dropout.seed(key(seed, prefix + "dropout"));
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
        if (uniform) uniform(values, 1 / Math.sqrt(fanIn), key(seed, prefix + "weight"));
        else normal(values, Math.sqrt(2 / fan), key(seed, prefix + "weight"));
        weight.tensor().set(values);
        Parameter bias = own.get("bias");
        if (bias == null) return;
        float[] offsets = new float[Math.toIntExact(bias.tensor().shape().size())];
        if (scheme != Scheme.KAIMING_NORMAL_ZERO_BIAS) {
            uniform(offsets, 1 / Math.sqrt(fanIn), key(seed, prefix + "bias"));
        }
        bias.tensor().set(offsets);
    }

    private static void fill(Parameter p, float value) {
        float[] values = new float[Math.toIntExact(p.tensor().shape().size())];
        Arrays.fill(values, value);
        p.tensor().set(values);
    }

    /** values[i] uniform in [-bound, bound). */
    private static void uniform(float[] values, double bound, long key) {
        int[] words = new int[4];
        for (int i = 0; i < values.length; i++) {
            if (i % 4 == 0) Philox.block(key, i / 4, Philox.UNIFORM, words);
            values[i] = (float) (bound * (2 * Philox.uniform24(words[i % 4]) - 1));
        }
    }

    /** values[i] normal with mean 0. */
    private static void normal(float[] values, double std, long key) {
        int[] words = new int[4];
        for (int i = 0; i < values.length; i++) {
            if (i % 4 == 0) Philox.block(key, i / 4, Philox.NORMAL, words);
            int pair = i % 4 & 2;
            values[i] = (float) (std * Philox.normal(words[pair], words[pair + 1], i % 2 == 1));
        }
    }

    /** The key of a parameter's random numbers: FNV-1a over the seed's bytes and the name. */
    private static long key(long seed, String name) {
        long hash = FNV_OFFSET;
        for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (seed >>> shift & 0xFF)) * FNV_PRIME;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        return hash;
    }
}
