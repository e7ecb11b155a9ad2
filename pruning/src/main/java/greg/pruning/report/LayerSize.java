package greg.pruning.report;

import greg.nn.cost.LayerCost;
import java.util.ArrayList;
import java.util.List;

/**
 * The size of a convolution or linear layer before and after pruning; masked weights count as removed.
 *
 * @param layer its dotted path; a layer that is applied twice is there twice
 * @param filters output channels
 * @param params weights and biases
 * @param macs multiply-accumulates for one image
 */
public record LayerSize(String layer, SizeChange.Pair filters, SizeChange.Pair params, SizeChange.Pair macs) {
    /** Of all layers, in the order in which they compute. */
    public static List<LayerSize> of(SizeComparison sizes) {
        List<LayerSize> layers = new ArrayList<>();
        for (int i = 0; i < sizes.before().layers().size(); i++) {
            LayerCost dense = sizes.before().layers().get(i);
            LayerCost left = sizes.after().layers().get(i);
            layers.add(new LayerSize(
                    left.name(),
                    new SizeChange.Pair(dense.weight().dim(0), left.weight().dim(0)),
                    new SizeChange.Pair(dense.params(), sizes.params(left)),
                    new SizeChange.Pair(dense.macs(), sizes.macs(left))));
        }
        return layers;
    }
}
