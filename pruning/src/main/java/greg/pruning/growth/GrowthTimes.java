package greg.pruning.growth;

import greg.pruning.report.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * At which iterations a growth decided, for plan.json and report.json; they are counted from 0.
 *
 * @param stabilizeStart the update after which lambda stayed, or -1 if it was cut short before
 * @param removal the step after which the groups went
 * @param layers those of which something can go, in module order
 */
public record GrowthTimes(long stabilizeStart, long removal, Map<String, Layer> layers) {
    /**
     * One layer.
     *
     * @param pick GReg-2's choice; -1: chosen from the initial weights
     * @param finish the update that was the layer's last, or -1 if there was none
     */
    public record Layer(long pick, long finish) {}

    /** Of a growth that is over. */
    public static GrowthTimes of(GrowingRegularization growth) {
        Map<String, Layer> layers = new LinkedHashMap<>();
        for (LayerState layer : growth.layers()) {
            if (!layer.keepsAll()) {
                layers.put(layer.name(), new Layer(layer.pickIteration(), layer.finishIteration()));
            }
        }
        return new GrowthTimes(growth.stabilizeStart(), growth.iteration(), layers);
    }

    /** All of it; null where nothing was decided. */
    public Map<String, Object> toMap() {
        Map<String, Object> each = new LinkedHashMap<>();
        layers.forEach((name, layer) ->
                each.put(name, Json.object("pick", known(layer.pick()), "finish", known(layer.finish()))));
        return Json.object("stabilise_start", known(stabilizeStart), "removal", removal, "layers", each);
    }

    private static Object known(long iteration) {
        return iteration < 0 ? null : iteration;
    }
}
