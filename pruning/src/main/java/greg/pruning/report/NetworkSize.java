package greg.pruning.report;

import greg.nn.cost.CostModel;
import greg.nn.cost.LayerCost;
import java.util.Map;

/**
 * The size of a network.
 *
 * @param params weights and biases of convolutions and linear layers: what the reference implementation prints
 * @param allParams all trainable elements, BN included: what the paper's sparsity counts
 * @param macs multiply-accumulates for one image
 */
public record NetworkSize(long params, long allParams, long macs) {
    /** Refuses negative numbers. */
    public NetworkSize {
        if (params < 0 || allParams < 0 || macs < 0) {
            throw new IllegalArgumentException(
                    "network size: expected numbers of at least 0, got " + params + ", " + allParams + " and " + macs);
        }
    }

    /** As counted. */
    public static NetworkSize of(CostModel cost) {
        return new NetworkSize(cost.params(), cost.allParams(), cost.macs());
    }

    /**
     * With single weights masked: they count as removed, from the parameters and, in proportion, from the
     * multiply-accumulates.
     *
     * @param masked full name of the weight to number of masked elements
     */
    public static NetworkSize masked(CostModel cost, Map<String, Integer> masked) {
        long removed = masked.values().stream().mapToLong(Integer::longValue).sum();
        long macs = 0;
        for (LayerCost layer : cost.layers()) {
            double share = masked.getOrDefault(layer.parameter(), 0)
                    / (double) layer.weight().size();
            macs += Math.round(layer.macs() * (1 - share));
        }
        return new NetworkSize(cost.params() - removed, cost.allParams() - removed, macs);
    }

    /** Two per multiply-accumulate, as the reference implementation counts. */
    public long flops() {
        return 2 * macs;
    }

    /** Share of all parameters of {@code before} that were removed, in percent; {@code this} is what is left. */
    public double sparsityPercent(NetworkSize before) {
        return 100.0 * (before.allParams - allParams) / before.allParams;
    }

    /** Multiply-accumulates before / after. */
    public double speedup(NetworkSize before) {
        return before.macs / (double) macs;
    }

    /** Parameters before / after, BN not counted: as the reference implementation prints it. */
    public double compression(NetworkSize before) {
        return before.params / (double) params;
    }
}
