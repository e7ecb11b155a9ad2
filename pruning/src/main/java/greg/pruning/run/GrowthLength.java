package greg.pruning.run;

import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How many iterations a growth takes if no magnitude ratio ends it early.
 *
 * @param picking until GReg-2 picks; 0 for the other methods
 * @param growing from there until lambda is constant
 * @param stabilizing from there to the removal
 */
record GrowthLength(long picking, long growing, long stabilizing) {
    /** By the settings of a method; L1 takes none. */
    static GrowthLength of(GregConfig config) {
        int stabilizing = config.growing().stabilizeRegInterval();
        if (config.method() == PruningMethod.L1) return new GrowthLength(0, 0, 0);
        if (config.method() == PruningMethod.FIX_REG) return new GrowthLength(0, 0, stabilizing);
        double pickedAt =
                config.method() == PruningMethod.GREG_2 ? config.picking().regUpperLimitPick() : 0;
        double step = config.semantics() == Semantics.PAPER
                ? config.growing().regGranularityPrune()
                : config.picking().regGranularityPick();
        long picks = (long) Math.ceil(pickedAt / step);
        long updates = (long) Math.ceil(Math.max(0, config.growing().regUpperLimit() - pickedAt)
                        / config.growing().regGranularityPrune())
                + 1;
        int interval = config.growing().updateRegInterval();
        return new GrowthLength(picks * interval, updates * interval, stabilizing);
    }

    /** All of it. */
    long iterations() {
        return picking + growing + stabilizing;
    }

    /**
     * A few iterations that show how the groups part: thirds of the picking, and an eighth, a quarter and a half of what
     * follows, since groups fade the faster the larger lambda is.
     */
    Set<Long> moments() {
        long rest = growing + stabilizing;
        return new TreeSet<>(
                List.of(0L, picking / 3, picking * 2 / 3, picking + rest / 8, picking + rest / 4, picking + rest / 2));
    }
}
