package greg.pruning.surgery;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.StateDict;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.select.Selection;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which single weights are pruned: per parameter one 0 or 1 for each element, row-major. The network
 * keeps its shape; the masked weights are zeroed, and every optimizer created for the network keeps them zero. Checkpoints
 * hold the masks as tensors named {@code mask.PARAMETER}, so that a masked weight can be told from one that happens to be
 * zero.
 */
public final class MaskPlan implements PruningPlan {
    static final String PREFIX = "mask.";

    private final Map<String, float[]> masks;

    private MaskPlan(Map<String, float[]> masks) {
        this.masks = masks;
    }

    /**
     * The masks of what was selected.
     *
     * @param selections full parameter name to the choice among its single weights; one that keeps everything gives no mask
     */
    public static MaskPlan of(Map<String, Selection> selections) {
        Map<String, float[]> masks = new LinkedHashMap<>();
        selections.forEach((name, selection) -> {
            if (selection.pruned().length == 0) return;
            float[] mask = new float[selection.pruned().length + selection.kept().length];
            for (int index : selection.kept()) mask[index] = 1;
            masks.put(name, mask);
        });
        return new MaskPlan(masks);
    }

    /**
     * The masks in a checkpoint.
     *
     * @throws IllegalArgumentException if a mask has no parameter of its size, or holds numbers other than 0 and 1
     */
    static MaskPlan read(StateDict state) {
        Map<String, float[]> masks = new LinkedHashMap<>();
        for (String name : state.names()) {
            if (!name.startsWith(PREFIX)) continue;
            String parameter = name.substring(PREFIX.length());
            StateDict.Entry mask = state.get(name);
            if (!state.contains(parameter) || !state.get(parameter).shape().equals(mask.shape())) {
                throw new IllegalArgumentException("masks: '" + name + "' of shape " + mask.shape()
                        + " has no parameter of that shape beside it; the checkpoint is damaged, use another");
            }
            for (float keep : mask.values()) {
                if (keep != 0 && keep != 1) {
                    throw new IllegalArgumentException("masks: expected 0 or 1 in '" + name + "', got " + keep
                            + "; the checkpoint is damaged, use another");
                }
            }
            masks.put(parameter, mask.values());
        }
        return new MaskPlan(masks);
    }

    @Override
    public boolean isEmpty() {
        return masks.isEmpty();
    }

    /** The mask of a parameter by its full name, a copy; null if nothing of it is masked. */
    public float[] of(String parameter) {
        float[] mask = masks.get(parameter);
        return mask == null ? null : mask.clone();
    }

    @Override
    public void apply(NnModule network) {
        Map<String, Parameter> parameters = network.parameters();
        masks.forEach((name, mask) -> {
            Parameter parameter = parameters.get(name);
            if (parameter == null || parameter.tensor().shape().size() != mask.length) {
                throw new IllegalArgumentException("masks: expected a parameter '" + name + "' of " + mask.length
                        + " elements, the network has "
                        + (parameter == null
                                ? "none"
                                : parameter.tensor().shape().toString())
                        + "; the masks belong to another network");
            }
        });
        masks.forEach((name, mask) -> parameters.get(name).mask(mask));
    }

    @Override
    public void apply(ChannelGraph graph) {
        apply(graph.network());
    }

    @Override
    public Map<String, int[]> keptFilters() {
        return Map.of();
    }

    @Override
    public Map<String, Integer> maskedWeights() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        masks.forEach((name, mask) -> {
            int zeros = 0;
            for (float keep : mask) if (keep == 0) zeros++;
            counts.put(name, zeros);
        });
        return counts;
    }

    /** As for a plan that removes no filter. */
    @Override
    public void addTo(Map<String, String> metadata) {
        RemovalPlan.NONE.addTo(metadata);
    }

    @Override
    public void addTo(StateDict state) {
        masks.forEach((name, mask) -> state.put(PREFIX + name, state.get(name).shape(), mask));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MaskPlan that
                && masks.keySet().equals(that.masks.keySet())
                && masks.keySet().stream().allMatch(name -> Arrays.equals(masks.get(name), that.masks.get(name)));
    }

    @Override
    public int hashCode() {
        return masks.keySet().hashCode();
    }

    @Override
    public String toString() {
        return "MaskPlan " + maskedWeights();
    }
}
