package greg.pruning.surgery;

import greg.datasets.random.Seeds;
import greg.datasets.random.SplitMix;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.init.Init;
import greg.pruning.growth.CliNames;
import greg.tensor.Shape;

/**
 * New weights for a pruned network before it is finetuned ({@code --reinit}): tells what the structure alone is worth,
 * without the weights that were left over (Liu et al. 2019, "Rethinking the value of network pruning").
 */
public enum Reinit {
    /** The pruned network keeps its weights. */
    NONE("none"),
    /** Training from scratch: the initial values that the architecture's authors use. */
    DEFAULT("default"),
    /** Every kernel matrix orthogonal, see {@link Init#ORTHOGONAL}; other parameters as in {@link #DEFAULT}. */
    ORTH("orth");

    private final String cliName;

    Reinit(String cliName) {
        this.cliName = cliName;
    }

    /** The name on the command line and in run folders. */
    public String cliName() {
        return cliName;
    }

    /** The constant of that exact name; IllegalArgumentException naming the known ones otherwise. */
    public static Reinit parse(String text) {
        return CliNames.parse("--reinit", Reinit.class, Reinit::cliName, text);
    }

    /**
     * Overwrites all weights, biases and BN state; the shapes, and with {@code masks} the zeros, stay. The values come from
     * streams of their own: with those of {@link Initializer#initialize} for the same seed the network would be wound back
     * to where its base network began, which is the experiment of the lottery ticket and not training from scratch.
     *
     * @param masks which single weights stay zero
     * @param seed of the run; the same one gives the same values
     */
    public void apply(NnModule network, Masks masks, long seed) {
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
        masks.apply(network);
    }
}
