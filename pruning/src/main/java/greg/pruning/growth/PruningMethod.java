package greg.pruning.growth;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the groups to remove are chosen and how they fade. */
public enum PruningMethod {
    /** One shot: the groups with the smallest L1 scores in the base network are removed at once, without training. */
    @JsonProperty("L1")
    L1,
    /** Groups chosen first, by L1; then only their penalty grows (eq. 2): isolates the effect of the schedule. */
    @JsonProperty("GReg-1")
    GREG_1,
    /**
     * The penalty of all groups grows a little (eq. 9), then the smallest are picked, and only their penalty grows further.
     */
    @JsonProperty("GReg-2")
    GREG_2,
    /** Groups chosen first, by L1; then a constant penalty: the control experiment for growing. */
    @JsonProperty("FixReg")
    FIX_REG;

    /** True if the groups are chosen from the initial weights, false if they are picked during the growth (GReg-2). */
    public boolean choosesFirst() {
        return this != GREG_2;
    }
}
