package greg.kernels.cpu;

import greg.kernels.spec.Conv2dSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Which layouts a convolution may run in, in order of preference.
 *
 * <p>Blocks of 16 channels are fastest at full width, but oneDNN silently falls back to naive loops when the input channels
 * do not fill the blocks, and rounding 17 channels up to 32 wastes half the work. Channels-last always finds a fast
 * implementation. So one layout is chosen for a whole network from its channel counts, and a convolution follows its input
 * as far as its own channels allow.
 */
final class LayoutChoice {
    private boolean blocked = true;

    /** Layouts of the input and the output of a convolution. */
    record Pair(Layout x, Layout y) {}

    /** The input channel counts of the convolutions to come, other than the image's. */
    void expect(int... convInputChannels) {
        blocked = true;
        for (int channels : convInputChannels) blocked &= channels % Layout.BLOCK == 0;
    }

    /** The layout for an activation of {@code channels} that no convolution has decided. */
    Layout preferred(int channels) {
        return blocked && channels % Layout.BLOCK == 0 ? Layout.BLOCKED16 : Layout.NHWC;
    }

    /** Pairs to try in turn for a convolution whose leading operand (x, or dy in the backward pass) is in {@code given}. */
    List<Pair> pairs(Conv2dSpec spec, Layout given, int givenChannels) {
        // one pixel or channel, and 16 channels, look alike in several layouts: then the network's choice decides
        boolean open = given == Layout.PLAIN || givenChannels == Layout.BLOCK;
        boolean blockedFirst = open ? blocked : given == Layout.BLOCKED16;
        boolean xFits = spec.inChannels() % Layout.BLOCK == 0;
        boolean yFits = spec.outChannels() % Layout.BLOCK == 0;
        List<Pair> inBlocks = new ArrayList<>();
        if (xFits && yFits) inBlocks.add(new Pair(Layout.BLOCKED16, Layout.BLOCKED16));
        // the image: three channels as they were uploaded, blocks from there on
        if (!xFits && yFits && spec.groups() == 1) inBlocks.add(new Pair(Layout.PLAIN, Layout.BLOCKED16));
        Pair last = new Pair(Layout.NHWC, Layout.NHWC);
        List<Pair> all = new ArrayList<>();
        if (blockedFirst) all.addAll(inBlocks);
        all.add(last);
        if (!blockedFirst) all.addAll(inBlocks);
        all.add(new Pair(Layout.PLAIN, Layout.PLAIN));
        return all;
    }
}
