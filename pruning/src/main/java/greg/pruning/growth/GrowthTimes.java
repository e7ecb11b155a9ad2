package greg.pruning.growth;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * At which iterations a growth decided, for plan.json and report.json; they are counted from 0.
 *
 * @param stabilizeStart the update after which lambda stayed, or null if it was cut short before
 * @param removal the step after which the groups went
 * @param layers those of which something can go, in module order
 */
public record GrowthTimes(
        @JsonProperty("stabilise_start") Long stabilizeStart, long removal, Map<String, Layer> layers) {
    /**
     * One layer.
     *
     * @param pick GReg-2's choice; null: chosen from the initial weights
     * @param finish the update that was the layer's last, or null if there was none
     */
    public record Layer(Long pick, Long finish) {}

    /** Of a growth that is over. */
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
