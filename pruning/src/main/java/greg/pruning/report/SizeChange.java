package greg.pruning.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * The size of a network before and after pruning, as JSON has it.
 *
 * @param params weights and biases of convolutions and linear layers
 * @param allParams all trainable elements
 * @param macs multiply-accumulates for one image
 * @param flops two per multiply-accumulate
 * @param sparsityPercent share of all parameters removed, in percent
 * @param speedup multiply-accumulates before / after
 * @param compression params before / after
 */
@JsonNaming(SnakeCaseStrategy.class)
public record SizeChange(
        Pair params,
        Pair allParams,
        Pair macs,
        Pair flops,
        double sparsityPercent,
        double speedup,
        double compression) {
    /** A number before pruning and after it. */
    public record Pair(long before, long after) {}

    /** From two sizes. */
    public static SizeChange of(NetworkSize before, NetworkSize after) {
        return new SizeChange(
                new Pair(before.params(), after.params()),
                new Pair(before.allParams(), after.allParams()),
                new Pair(before.macs(), after.macs()),
                new Pair(before.flops(), after.flops()),
                after.sparsityPercent(before),
                after.speedup(before),
                after.compression(before));
    }
}
