package greg.pruning.graph;

import greg.nn.Parameter;
import greg.tensor.Shape;

/**
 * A convolution or linear layer as traced: one weight, under its full name, since a module may own several and need not
 * call them weight.
 *
 * @param parameter full name of the weight, e.g. {@code layer1.0.conv1.weight}
 * @param shape of the weight, (out, in / groups, kernel height, kernel width) or (out, in)
 * @param groups convolution groups, 1 for linear layers
 * @param depthwise whether each filter reads one channel, so that the layer's channels are those of its input
 * @param rows the channel that each filter produces, by the numbers of its {@link ChannelGraph}
 * @param columns the channel that each column of the weight reads; none of a depthwise convolution
 * @param place its number, stage and block
 */
public record Layer(
        String parameter, Shape shape, int groups, boolean depthwise, int[] rows, int[] columns, Place place) {
    /**
     * Where a layer is in the network: labels for ratios and messages; what can be pruned does not depend on them.
     *
     * @param index number among the network's layers, from 0, in order of execution; a projection shortcut comes after the
     *     last convolution of its block and shares its number, as in the reference implementation
     * @param stage 0 before the first residual block, 1.. for the stages of residual blocks; a layer between two blocks
     *     belongs to the stage of the next one, a convolution after the last to the last stage, a linear layer there to stage
     *     (last + 1), the classifier; -1 everywhere in a network without residual blocks (LeNet, VGG)
     * @param block number of the residual block in its stage, from 0; -1 outside of blocks
     * @param conv number of the layer in its block, from 0; -1 for shortcuts and outside of blocks
     */
    public record Place(int index, int stage, int block, int conv) {}

    /** What users call it: the path of its module, or the weight's full name if that does not end in weight. */
    public String name() {
        return Parameter.layerName(parameter);
    }

    /** Whether the weight is a matrix. */
    public boolean linear() {
        return shape.rank() == 2;
    }

    /** Output channels. */
    public int out() {
        return shape.dim(0);
    }

    /** Columns of the weight: input channels / groups. */
    public int in() {
        return shape.dim(1);
    }

    /** Kernel positions, 1 for linear layers. */
    public int positions() {
        return Math.toIntExact(shape.size() / out() / in());
    }

    /** See {@link Place#index}. */
    public int index() {
        return place.index;
    }

    /** See {@link Place#stage}. */
    public int stage() {
        return place.stage;
    }

    /** True if the network has stages, so that ratios are given per stage. */
    public boolean staged() {
        return place.stage >= 0;
    }

    /** True for the convolutions of a projection shortcut. */
    public boolean shortcut() {
        return place.block >= 0 && place.conv < 0;
    }

    /** "stage", or "stage.block.conv" inside a block: what numbers of layers to skip are compared with. */
    public String address() {
        return place.block < 0 ? Integer.toString(place.stage) : place.stage + "." + place.block + "." + place.conv;
    }

    /** As {@code layer1.0.conv1 (16, 16, 3, 3)}. */
    @Override
    public String toString() {
        return name() + " " + shape;
    }
}
