package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * Time of one layer in a forward pass, measured: a convolution or fully connected layer with all that is folded into it (batch
 * normalization, the sum with a residual, the activation function), or another op.
 *
 * @param layer its name; ops without parameters of one kind are one entry
 * @param denseMillis median in the network before pruning, in milliseconds
 * @param prunedMillis median in the network after pruning
 * @param denseMacs multiply-accumulates for one image before pruning
 * @param prunedMacs multiply-accumulates after pruning
 */
@JsonPropertyOrder({"layer", "dense_ms", "pruned_ms", "dense_macs", "pruned_macs"})
public record LayerSpeed(
        String layer,
        @JsonProperty("dense_ms") double denseMillis,
        @JsonProperty("pruned_ms") double prunedMillis,
        @JsonProperty("dense_macs") long denseMacs,
        @JsonProperty("pruned_macs") long prunedMacs) {}
