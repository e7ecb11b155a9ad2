package greg.pruning.surgery;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.StateDict;
import greg.nn.optim.Optimizer;
import greg.pruning.growth.LayerState;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which single weights are pruned: per parameter one 0 or 1 for each element, row-major. The network
 * keeps its shape; the masked weights are zeroed once at the removal and again after every step of finetuning. Checkpoints
 * hold them as tensors named {@code mask.PARAMETER}, so that a masked weight is told from one that is zero by chance.
 */
public final class Masks {
    private static final String PREFIX = "mask.";
    private static final String WEIGHT = ".weight";

    /** Nothing is masked. */
    public static final Masks NONE = new Masks(Map.of());

    private final Map<String, float[]> masks;

    private Masks(Map<String, float[]> masks) {
        this.masks = masks;
    }

    /**
     * The masks of what a run has selected.
     *
     * @param layers finished layers whose groups are single weights; those that keep everything get no mask
     */
    public static Masks of(List<LayerState> layers) {
        Map<String, float[]> masks = new LinkedHashMap<>();
        for (LayerState layer : layers) {
            if (layer.keepsAll()) continue;
            if (layer.groups().inner() != 1) {
                throw new IllegalStateException("masks: expected groups of single weights, " + layer.name() + " has "
                        + layer.groups() + "; structured groups are cut, not masked");
            }
            float[] mask = new float[layer.groups().count()];
            Arrays.fill(mask, 1);
            for (int index : layer.selection().pruned()) mask[index] = 0;
            masks.put(layer.name() + WEIGHT, mask);
        }
        return new Masks(masks);
    }

    /**
     * The masks in a checkpoint.
     *
     * @throws IllegalArgumentException if a mask has no parameter of its size, or holds other numbers than 0 and 1
     */
    public static Masks of(StateDict state) {
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
        return masks.isEmpty() ? NONE : new Masks(masks);
    }

    /** {@code state} without the masks in it: what a network loads. */
    public static StateDict without(StateDict state) {
        StateDict plain = new StateDict();
        for (String name : state.names()) {
            if (name.startsWith(PREFIX)) continue;
            StateDict.Entry entry = state.get(name);
            plain.put(name, entry.shape(), entry.values());
        }
        return plain;
    }

    /** Adds the masks to what a checkpoint will hold. */
    public void addTo(StateDict state) {
        masks.forEach((name, mask) -> state.put(PREFIX + name, state.get(name).shape(), mask));
    }

    /** True if nothing is masked. */
    public boolean isEmpty() {
        return masks.isEmpty();
    }

    /** The mask of a parameter (the live array, to be read only), or null. */
    public float[] of(String parameter) {
        return masks.get(parameter);
    }

    /** Layer name to number of masked weights; layers without a mask are left out. */
    public Map<String, Integer> counts() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        masks.forEach((name, mask) -> {
            int zeros = 0;
            for (float keep : mask) if (keep == 0) zeros++;
            counts.put(name.substring(0, name.length() - WEIGHT.length()), zeros);
        });
        return counts;
    }

    /** Zeroes the masked weights now. */
    public void apply(NnModule network) {
        Map<String, Parameter> parameters = network.parameters();
        masks.forEach((name, mask) -> {
            Tensor weight = parameter(parameters, name, mask);
            float[] values = weight.toHost();
            for (int i = 0; i < values.length; i++) if (mask[i] == 0 && values[i] != 0) values[i] = 0;
            weight.set(values);
        });
    }

    /** Zeroes the masked weights after every step to come; {@code optimizer} is one of {@code network}. */
    public void apply(NnModule network, Optimizer optimizer) {
        Map<String, Parameter> parameters = network.parameters();
        masks.forEach((name, mask) -> {
            Tensor weight = parameter(parameters, name, mask);
            optimizer.mask(name, Tensor.of(weight.backend(), weight.shape(), mask));
        });
    }

    private static Tensor parameter(Map<String, Parameter> parameters, String name, float[] mask) {
        Parameter parameter = parameters.get(name);
        Shape shape = parameter == null ? null : parameter.tensor().shape();
        if (shape == null || shape.size() != mask.length) {
            throw new IllegalArgumentException("masks: expected a parameter '" + name + "' of " + mask.length
                    + " elements, the network has " + (shape == null ? "none" : shape.toString())
                    + "; the masks belong to another network");
        }
        return parameter.tensor();
    }

    @Override
    public String toString() {
        return "Masks" + counts();
    }
}
