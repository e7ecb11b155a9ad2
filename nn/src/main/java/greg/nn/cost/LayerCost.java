package greg.nn.cost;

import greg.nn.Parameter;
import greg.tensor.Shape;

/**
 * One application of a convolution or Linear to one image.
 *
 * @param parameter full name of its weight, e.g. {@code layer1.0.conv1.weight}
 * @param type {@code Conv2d} or {@code Linear}
 * @param weight shape of the weight: (out, in / groups, K, K) or (out, in)
 * @param output shape of the result, batch 1
 * @param params elements of weight and bias; 0 where the layer has been applied before
 * @param macs multiply-accumulates, bias not counted
 */
public record LayerCost(String parameter, String type, Shape weight, Shape output, long params, long macs) {
    /** What users call the layer, see {@link Parameter#layerName}. */
    public String name() {
        return Parameter.layerName(parameter);
    }
}
