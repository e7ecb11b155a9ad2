package greg.pruning.graph;

import greg.pruning.target.PruningRatios;

/**
 * What {@link PruningRatios} must know of a convolution or linear layer. Whoever describes a network fills it in, from
 * its module tree and channel graph; nothing here reads names, except the user's globs.
 *
 * @param name dotted path of the layer in the network, e.g. {@code layer2.0.conv1}
 * @param index position among the network's convolutions and linear layers, from 0; a projection shortcut shares the
 *     index of the convolution before it, as in the reference implementation
 * @param stage 0 for the stem, 1.. for the stages of residual blocks, last stage + 1 for the classifier; -1 everywhere
 *     in a network without stages (LeNet, VGG)
 * @param block number of the block in its stage, from 0; -1 outside blocks
 * @param conv number of the convolution in its block, from 0; -1 for shortcuts and outside blocks
 * @param lastInBlock true for the last convolution of a block, whose output goes into the residual add
 * @param shortcut true for the convolution of a projection shortcut
 * @param linear true for a linear layer
 * @param inputFixed true if the input channels cannot be removed: image planes, or a set tied by a residual add
 * @param outputFixed true if the output channels cannot be removed: a set tied by a residual add, or the classes
 */
public record PrunableLayer(
        String name,
        int index,
        int stage,
        int block,
        int conv,
        boolean lastInBlock,
        boolean shortcut,
        boolean linear,
        boolean inputFixed,
        boolean outputFixed) {

    /** True if the network has stages, so that ratios are given per stage. */
    public boolean staged() {
        return stage >= 0;
    }

    /** True for the convolution(s) before the first stage of a residual network. */
    public boolean stem() {
        return stage == 0;
    }

    /** True for the first convolution of a residual block. */
    public boolean firstInBlock() {
        return block >= 0 && conv == 0;
    }

    /** "stage", or "stage.block.conv" inside a block: what layers to skip are compared with. */
    public String address() {
        return block < 0 ? Integer.toString(stage) : stage + "." + block + "." + conv;
    }
}
