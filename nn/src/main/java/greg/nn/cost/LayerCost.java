package greg.nn.cost;

import greg.tensor.Shape;

/**
 * One application of a convolution or Linear to one image.
 *
 * @param name dotted name of the layer
 * @param type {@code Conv2d} or {@code Linear}
 * @param weight shape of the weight: (out, in / groups, K, K) or (out, in)
 * @param output shape of the result, batch 1
 * @param params elements of weight and bias; 0 where the layer has been applied before
 * @param macs multiply-accumulates, bias not counted
 */
public record LayerCost(String name, String type, Shape weight, Shape output, long params, long macs) {}
