package greg.pruning.growth;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The iterations, from 0, at which a growth made its decisions, for plan.json and report.json.
 *
 * @param stabilizeStart the update after which lambda was constant, or null if the growth was cut short before
 * @param removal the step after which the groups were removed
 * @param layers those that may lose groups, in module order
 */
public record GrowthTimes(
        @JsonProperty("stabilise_start") Long stabilizeStart, long removal, Map<String, Layer> layers) {
    /**
     * One layer.
     *
     * @param pick when GReg-2 picked; null if the groups were chosen from the initial weights
     * @param finish the update that was the layer's last, or null if there was none
     */
    public record Layer(Long pick, Long finish) {}

    /** The times of a growth that has ended. */
    public static GrowthTimes of(GrowingRegularization growth) {
        Map<String, Layer> layers = new LinkedHashMap<>();
        for (LayerState layer : growth.layers()) {
            if (!layer.keepsAll()) {
                layers.put(layer.name(), new Layer(known(layer.pickIteration()), known(layer.finishIteration())));
            }
        }
        return new GrowthTimes(known(growth.stabilizeStart()), growth.iteration(), layers);
    }

    private static Long known(long iteration) {
        return iteration < 0 ? null : iteration;
    }
}
