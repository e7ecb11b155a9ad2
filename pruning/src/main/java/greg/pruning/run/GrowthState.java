package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import greg.nn.StateDict;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.LayerState;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a growth stands, for a checkpoint: {@link GrowingRegularization.Saved} without its arrays, which are tensors beside
 * it.
 *
 * @param iteration the last one that was trained
 * @param phase of the schedule
 * @param stabilizeStart iteration at which the growth ended, or -1
 * @param layers in module order
 */
@JsonIgnoreProperties("loss") // checkpoints of earlier builds have it
public record GrowthState(long iteration, GrowthSchedule.Phase phase, long stabilizeStart, List<Layer> layers) {
    private static final String LAMBDA = "lambda.";
    private static final String PRUNED = "pruned.";

    /** One layer; history may be NaN. */
    public record Layer(
            String name,
            boolean picked,
            boolean hasHistory,
            double history,
            long pickIteration,
            long finishIteration) {}

    /** The part that is text. */
    public static GrowthState of(GrowingRegularization.Saved saved) {
        List<Layer> layers = new ArrayList<>();
        for (LayerState.Saved layer : saved.schedule().layers()) {
            layers.add(new Layer(
                    layer.name(),
                    layer.pruned() != null,
                    layer.hasHistory(),
                    layer.history(),
                    layer.pickIteration(),
                    layer.finishIteration()));
        }
        return new GrowthState(
                saved.iteration(), saved.schedule().phase(), saved.schedule().stabilizeStart(), layers);
    }

    /** The arrays. */
    public static StateDict tensors(GrowingRegularization.Saved saved) {
        StateDict tensors = new StateDict();
        for (LayerState.Saved layer : saved.schedule().layers()) {
            tensors.put(LAMBDA + layer.name(), Shape.of(layer.lambda().length), layer.lambda());
            int[] pruned = layer.pruned();
            if (pruned != null && pruned.length > 0)
                tensors.put(PRUNED + layer.name(), Shape.of(pruned.length, 2), halves(pruned));
        }
        return tensors;
    }

    /** Both together again. */
    public GrowingRegularization.Saved restore(StateDict tensors, StateDict optimizer) {
        List<LayerState.Saved> saved = new ArrayList<>();
        for (Layer layer : layers) {
            int[] pruned = null;
            if (layer.picked()) {
                String name = PRUNED + layer.name();
                pruned = tensors.contains(name) ? whole(tensors.get(name).values()) : new int[0];
            }
            saved.add(new LayerState.Saved(
                    layer.name(),
                    tensors.get(LAMBDA + layer.name()).values(),
                    layer.hasHistory(),
                    (float) layer.history(),
                    pruned,
                    layer.pickIteration(),
                    layer.finishIteration()));
        }
        return new GrowingRegularization.Saved(
                iteration, new GrowthSchedule.Saved(phase, stabilizeStart, saved), optimizer);
    }

    /** Group numbers as pairs (number / 65536, number mod 65536): a float32 alone is exact only up to 2^24. */
    private static float[] halves(int[] numbers) {
        float[] pairs = new float[2 * numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            pairs[2 * i] = numbers[i] >>> 16;
            pairs[2 * i + 1] = numbers[i] & 0xFFFF;
        }
        return pairs;
    }

    private static int[] whole(float[] pairs) {
        int[] numbers = new int[pairs.length / 2];
        for (int i = 0; i < numbers.length; i++) numbers[i] = (int) pairs[2 * i] << 16 | (int) pairs[2 * i + 1];
        return numbers;
    }
}
