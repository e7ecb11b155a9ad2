package greg.pruning.testing;

import greg.pruning.graph.PrunableLayer;
import greg.pruning.target.PruningRatios;
import java.util.ArrayList;
import java.util.List;

/** Layer lists of the paper's networks, as a network description hands them to {@link PruningRatios}. */
public final class Nets {
    private Nets() {}

    /** CIFAR ResNet with option-A shortcuts: 3 stages of blocks of two 3x3 convolutions. */
    public static List<PrunableLayer> cifarResNet(int blocks) {
        return resNet(new int[] {blocks, blocks, blocks}, 2, new boolean[3]);
    }

    /** ImageNet ResNet: 4 stages, a projection shortcut in the first block of the stages marked. */
    public static List<PrunableLayer> resNet(int[] blocks, int convs, boolean[] projection) {
        List<PrunableLayer> net = new ArrayList<>();
        net.add(new PrunableLayer("conv1", 0, 0, -1, -1, false, false, false, true, true));
        int index = 0;
        for (int stage = 1; stage <= blocks.length; stage++) {
            for (int b = 0; b < blocks[stage - 1]; b++) {
                String prefix = "layer" + stage + "." + b + ".";
                for (int c = 0; c < convs; c++) {
                    boolean last = c == convs - 1;
                    net.add(new PrunableLayer(
                            prefix + "conv" + (c + 1), ++index, stage, b, c, last, false, false, c == 0, last));
                }
                if (b == 0 && projection[stage - 1]) {
                    net.add(new PrunableLayer(
                            prefix + "downsample.0", index, stage, b, -1, false, true, false, true, true));
                }
            }
        }
        net.add(new PrunableLayer("fc", ++index, blocks.length + 1, -1, -1, false, false, true, true, true));
        return net;
    }

    /** {@code convs} convolutions in a row and one linear layer. */
    public static List<PrunableLayer> vgg(int convs) {
        List<PrunableLayer> net = new ArrayList<>();
        for (int i = 0; i < convs; i++) {
            net.add(new PrunableLayer("features." + i, i, -1, -1, -1, false, false, false, i == 0, false));
        }
        net.add(new PrunableLayer("classifier", convs, -1, -1, -1, false, false, true, false, true));
        return net;
    }

    /** The ratio of the layer called {@code name}. */
    public static double of(String name, List<PrunableLayer> net, PruningRatios.Resolved resolved) {
        for (int i = 0; i < net.size(); i++) {
            if (net.get(i).name().equals(name)) {
                return resolved.ratios()[i];
            }
        }
        throw new AssertionError(name);
    }
}
