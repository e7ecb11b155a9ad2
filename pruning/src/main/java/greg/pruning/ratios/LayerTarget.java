package greg.pruning.ratios;

import greg.pruning.graph.Coupling;
import greg.pruning.graph.Layer;
import greg.pruning.select.Selection;

/**
 * What one layer is to lose.
 *
 * @param layer the layer
 * @param ratio the share of its groups, in [0, 1), or {@link Selection#AUTOMATIC}
 * @param coupling which of its groups are removed together, with each other and with those of other layers
 * @param preset which groups to remove, if that is given before anything is scored, e.g. by another run; else null
 */
public record LayerTarget(Layer layer, double ratio, Coupling coupling, Selection preset) {
    /** {@code layer1.0.conv1: 0.5}, with the layers that lose the same groups. */
    @Override
    public String toString() {
        String text = layer.name() + ": " + (ratio == Selection.AUTOMATIC ? "automatic" : String.valueOf(ratio));
        if (!coupling.set().equals(layer.name())) text += ", with " + coupling.set();
        return preset == null ? text : text + ", groups given";
    }

    /** A layer whose groups can be removed one by one. */
    public static LayerTarget of(Layer layer, double ratio) {
        return new LayerTarget(layer, ratio, Coupling.none(layer.name()), null);
    }
}
