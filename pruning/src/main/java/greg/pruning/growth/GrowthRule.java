package greg.pruning.growth;

import greg.nn.SettingException;
import java.util.List;

/**
 * How lambda of a layer grows: one visit per layer and update. The rules keep no state; all of it is in {@link
 * LayerState}.
 */
public sealed interface GrowthRule permits Greg1, Greg2, FixedReg {
    /**
     * Visits a layer that has not finished and that loses groups (or may): changes its lambda, its moving average and its
     * selection.
     *
     * @param layer the layer
     * @param all all layers of the network in module order, {@code layer} among them
     * @param scores the layer's scores, of the weights before this iteration's step
     * @param iteration the current iteration, from 0
     */
    Outcome visit(LayerState layer, List<LayerState> all, GroupScores scores, long iteration);

    /**
     * What a visit found.
     *
     * @param magnitudes mean scores of kept and pruned groups, or null where the rule does not use them
     * @param finished true if lambda of this layer has reached its final value
     */
    record Outcome(Magnitudes magnitudes, boolean finished) {}

    /** The rule of a configuration; IllegalArgumentException for {@link PruningMethod#L1}, which has no growth. */
    static GrowthRule of(GregConfig config) {
        return switch (config.method()) {
            case GREG_1 -> Greg1.of(config);
            case GREG_2 -> Greg2.of(config);
            case FIX_REG -> new FixedReg((float) config.growing().regUpperLimit());
            case L1 ->
                throw SettingException.of("method", "L1", "removes at once and has no growing penalty; use OneShot");
        };
    }
}
