package greg.pruning.ratios;

import greg.pruning.graph.Coupling;
import greg.pruning.graph.Layer;
import greg.pruning.select.Selection;

/**
 * What is to go of one layer.
 *
 * @param layer the layer
 * @param ratio the share of its groups, in [0, 1), or {@link Selection#AUTOMATIC}
 * @param coupling how its groups go together, with each other and with those of other layers
 * @param preset which groups go, if that is known before anything is scored, as from another run; else null
 */
public record LayerTarget(Layer layer, double ratio, Coupling coupling, Selection preset) {
    /** A layer whose groups go one by one. */
    public static LayerTarget of(Layer layer, double ratio) {
        return new LayerTarget(layer, ratio, Coupling.none(layer.name()), null);
    }
}
