package greg.nn;

import greg.datasets.random.Seeds;
import greg.datasets.random.SplitMix;

/**
 * Sets all of a network's parameters and buffers, each by its own {@link greg.nn.init.Init}. The values depend on nothing but
 * the seed, the parameter's name and its shape: not on the order of layers, the device or the thread count.
 */
public final class Initializer {
    private Initializer() {}

    /** Draws everything anew from the streams {@code init.NAME} of {@code seed}, and seeds dropout. */
    public static void initialize(NnModule network, long seed) {
        network.parameters().forEach((name, p) -> p.initialize(SplitMix.of(seed, "init." + name)));
        network.buffers().forEach((name, b) -> b.initialize(SplitMix.of(seed, "init." + name)));
        seedDropout(network, seed);
    }

    /**
     * Seeds the modules that draw random numbers in training, each with its own stream; for weights that are loaded, not
     * drawn.
     */
    public static void seedDropout(NnModule network, long seed) {
        network.visit((path, m) -> m.seed(Seeds.stream(seed, "dropout." + path)));
    }
}
