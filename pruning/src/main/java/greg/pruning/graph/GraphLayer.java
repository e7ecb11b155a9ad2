package greg.pruning.graph;

import greg.nn.Parameter;

/**
 * A convolution or linear layer as the trace saw it.
 *
 * @param name dotted path of its module, e.g. {@code layer1.0.conv1}
 * @param weight (out, in / groups, ...) dense
 * @param linear whether the weight is a matrix
 * @param groups convolution groups, 1 for linear layers
 * @param depthwise whether its channels are its input's (each filter reads one channel)
 * @param rows channel atom of each filter
 * @param columns channel atom of each column of the weight
 * @param macs multiply-accumulates for one image
 */
public record GraphLayer(
        String name,
        Parameter weight,
        boolean linear,
        int groups,
        boolean depthwise,
        int[] rows,
        int[] columns,
        long macs) {
    /** Output channels. */
    public int out() {
        return weight.tensor().shape().dim(0);
    }

    /** Columns of the weight: input channels / groups. */
    public int in() {
        return weight.tensor().shape().dim(1);
    }

    /** Kernel positions, 1 for linear layers. */
    public int positions() {
        return Math.toIntExact(weight.tensor().shape().size() / out() / in());
    }
}
