package greg.pruning.select;

import greg.pruning.growth.CliNames;

/**
 * Which end of the order by score the <em>initial</em> selection takes ({@code --pick-pruned}). GReg-2's later pick
 * always takes the smallest, as in the reference implementation.
 */
public enum PickPruned {
    /** The smallest scores (the paper's choice, default). */
    MIN("min"),
    /** The largest scores. */
    MAX("max"),
    /** A seeded random subset. */
    RAND("rand");

    private final String cliName;

    PickPruned(String cliName) {
        this.cliName = cliName;
    }

    /** The name on the command line and in run folders. */
    public String cliName() {
        return cliName;
    }

    /** The constant of that exact name; IllegalArgumentException naming the known ones otherwise. */
    public static PickPruned parse(String text) {
        return CliNames.parse("--pick-pruned", PickPruned.class, PickPruned::cliName, text);
    }
}
