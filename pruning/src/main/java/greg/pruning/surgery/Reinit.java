package greg.pruning.surgery;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.datasets.random.Seeds;
import greg.datasets.random.SplitMix;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Init;
import greg.tensor.Shape;

/**
 * New weights for a pruned network before it is finetuned: shows what the structure alone is worth, without the weights
 * that remain (Liu et al. 2019, "Rethinking the value of network pruning").
 */
public enum Reinit {
    /** The pruned network keeps its weights. */
    @JsonProperty("none")
    NONE,
    /** Training from scratch: the initial values that the architecture's authors use. */
    @JsonProperty("default")
    DEFAULT,
    /** Every kernel matrix orthogonal, see {@link Init#ORTHOGONAL}; other parameters as in {@link #DEFAULT}. */
    @JsonProperty("orth")
    ORTH;

    /**
     * Overwrites all weights, biases and BN state; the shapes, and what is masked, stay. The values come from streams of their
     * own: with those of {@link Initializer#initialize} for the same seed the network would get the initial values of its base
     * network again, which is the lottery ticket experiment and not training from scratch.
     *
     * @param seed of the run; the same one gives the same values
     */
    public void apply(NnModule network, long seed) {
        if (this == NONE) return;
        long fresh = Seeds.stream(seed, "reinit");
        Initializer.initialize(network, fresh);
        if (this == ORTH) {
            network.parameters().forEach((name, p) -> {
                Shape shape = p.tensor().shape();
                if (shape.rank() < 2) return;
                float[] values = new float[Math.toIntExact(shape.size())];
                Init.ORTHOGONAL.fill(values, shape, SplitMix.of(fresh, "init." + name));
                p.tensor().set(values);
            });
        }
        network.parameters().values().forEach(Parameter::zeroMasked);
    }
}
