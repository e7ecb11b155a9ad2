package greg.kernels.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Parameter-free shortcut from x (n, inChannels, h, w) to (n, outChannels, ceil(h/stride), ceil(w/stride)).
 *
 * @param sources for each output channel the input channel that it copies, or {@link #ZERO}; no input channel twice
 */
public record ShortcutSpec(int n, int inChannels, int h, int w, int stride, List<Integer> sources) {
    /** The source of a channel that is constantly zero. */
    public static final int ZERO = -1;

    /** Validates and copies the list. */
    public ShortcutSpec {
        Checks.positive("shortcut", "batch", n, "inChannels", inChannels, "h", h, "w", w, "stride", stride);
        Checks.positive("shortcut", "outChannels", sources.size());
        boolean[] used = new boolean[inChannels];
        for (int source : sources) {
            if (source < ZERO || source >= inChannels || source >= 0 && used[source]) {
                throw new IllegalArgumentException("shortcut: expected different sources in 0.." + (inChannels - 1)
                        + ", or " + ZERO + " for zeros, got " + source + " in " + sources);
            }
            if (source >= 0) used[source] = true;
        }
        sources = List.copyOf(sources);
    }

    /**
     * Option A of He et al. 2015: all input channels in order, between channels of zeros.
     *
     * @param before zero channels before the copied ones; the rest come after them
     */
    public static List<Integer> padded(int inChannels, int outChannels, int before) {
        if (before < 0 || before + inChannels > outChannels) {
            throw new IllegalArgumentException(
                    "shortcut: " + inChannels + " channels at offset " + before + " do not fit into " + outChannels);
        }
        List<Integer> sources = new ArrayList<>(Collections.nCopies(outChannels, ZERO));
        for (int c = 0; c < inChannels; c++) sources.set(before + c, c);
        return sources;
    }

    /** Output channels. */
    public int outChannels() {
        return sources.size();
    }

    /** Output height, that of x[:, :, ::stride, ::stride]. */
    public int outH() {
        return (h + stride - 1) / stride;
    }

    /** Output width. */
    public int outW() {
        return (w + stride - 1) / stride;
    }

    /** Dimensions of x. */
    public int[] xDims() {
        return new int[] {n, inChannels, h, w};
    }

    /** Dimensions of y. */
    public int[] yDims() {
        return new int[] {n, outChannels(), outH(), outW()};
    }
}
