package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;

/**
 * Time of a forward pass, measured.
 *
 * @param engine what ran the networks: {@link #GREG}, or another program that ran them as files
 * @param batch images per pass
 * @param denseMillis median of the network before pruning, in milliseconds
 * @param prunedMillis median of the network after pruning
 * @param rounds how many times each was timed
 * @param layers where the time goes; empty where this is not known
 */
@JsonPropertyOrder({"engine", "batch", "dense_ms", "pruned_ms", "speedup", "rounds", "layers"})
public record Speed(
        String engine,
        int batch,
        @JsonProperty("dense_ms") double denseMillis,
        @JsonProperty("pruned_ms") double prunedMillis,
        int rounds,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<LayerSpeed> layers) {
    /** This program. */
    public static final String GREG = "greg";

    /** Copies the list. */
    public Speed {
        layers = List.copyOf(layers);
    }

    /** How many times faster the pruned network is. */
    @JsonProperty
    public double speedup() {
        return denseMillis / prunedMillis;
    }
}
