package greg.pruning.growth;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the groups to remove are chosen and how they fade. */
public enum PruningMethod {
    /** One shot: the smallest L1 scores of the base model go at once, without any training in between. */
    @JsonProperty("L1")
    L1,
    /** Groups chosen first, by L1; then only their penalty grows (eq. 2): isolates the effect of the schedule. */
    @JsonProperty("GReg-1")
    GREG_1,
    /** Everybody's penalty grows a little (eq. 9), then the smallest are picked, and their penalty grows on. */
    @JsonProperty("GReg-2")
    GREG_2,
    /** Groups chosen first, by L1; then a constant penalty: the control experiment of growing. */
    @JsonProperty("FixReg")
    FIX_REG;

    /** True if the groups are chosen from the initial weights, false if they are picked on the way (GReg-2). */
    public boolean choosesFirst() {
        return this != GREG_2;
    }
}
