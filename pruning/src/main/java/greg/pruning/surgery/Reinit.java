package greg.pruning.surgery;

import greg.datasets.random.Seeds;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Initializer;
import greg.nn.init.Scheme;
import greg.pruning.growth.CliNames;
import java.util.Map;

/**
 * New weights for a pruned network before it is finetuned ({@code --reinit}): tells what the structure alone is worth,
 * without the weights that were left over (Liu et al. 2019, "Rethinking the value of network pruning").
 */
public enum Reinit {
    /** The pruned network keeps its weights. */
    NONE("none"),
    /** Training from scratch: the initial values that the architecture's authors use. */
    DEFAULT("default"),
    /** Every kernel matrix orthogonal, see {@link OrthogonalInit}; other parameters as in {@link #DEFAULT}. */
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
     * @param scheme the architecture's own
     * @param masks which single weights stay zero
     * @param seed of the run; the same one gives the same values
     */
    public void apply(NnModule network, Scheme scheme, Masks masks, long seed) {
        if (this == NONE) return;
        long fresh = Seeds.stream(seed, "reinit");
        Initializer.initialize(network, scheme, fresh);
        if (this == ORTH) {
            Map<String, Parameter> parameters = network.parameters();
            parameters.forEach((name, p) -> {
                if (p.tensor().shape().rank() < 2) return;
                int rows = p.tensor().shape().dim(0);
                int columns = Math.toIntExact(p.tensor().shape().size() / rows);
                p.tensor().set(OrthogonalInit.matrix(rows, columns, Seeds.stream(fresh, name)));
            });
        }
        masks.apply(network);
    }
}
