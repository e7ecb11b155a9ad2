package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GrowthTimes;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.LayerSize;
import java.util.List;
import java.util.Map;

/**
 * {@code plan.json}: what a run removed, and when that was decided.
 *
 * @param keptFilters of each convolution that was cut, the filters that stay
 * @param maskedWeights how many single weights of a layer are masked
 * @param layers the size of each convolution and linear layer, before and after
 * @param growth null for method L1, which decides without training
 */
@JsonNaming(SnakeCaseStrategy.class)
public record PlanFile(
        String arch,
        PruningMethod method,
        @JsonProperty("wg") Granularity granularity,
        Map<String, int[]> keptFilters,
        Map<String, Integer> maskedWeights,
        List<LayerSize> layers,
        GrowthTimes growth) {}
