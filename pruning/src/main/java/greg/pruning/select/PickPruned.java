package greg.pruning.select;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Which end of the ranking by score the <em>initial</em> selection takes. GReg-2's later pick always takes the
 * smallest, as in the reference implementation.
 */
public enum PickPruned {
    /** The smallest scores (the paper's choice, default). */
    @JsonProperty("min")
    MIN,
    /** The largest scores. */
    @JsonProperty("max")
    MAX,
    /** A seeded random subset. */
    @JsonProperty("rand")
    RAND;
}
