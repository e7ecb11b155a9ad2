package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * Time of a forward pass, measured.
 *
 * @param batch images per pass
 * @param denseMillis median of the network before pruning, in milliseconds
 * @param prunedMillis median of the network after pruning
 * @param rounds how many times each was timed
 */
@JsonPropertyOrder({"batch", "dense_ms", "pruned_ms", "speedup", "rounds"})
public record Speed(
        int batch,
        @JsonProperty("dense_ms") double denseMillis,
        @JsonProperty("pruned_ms") double prunedMillis,
        int rounds) {
    /** How many times faster the pruned network is. */
    @JsonProperty
    public double speedup() {
        return denseMillis / prunedMillis;
    }
}
