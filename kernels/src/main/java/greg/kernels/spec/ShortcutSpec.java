package greg.kernels.spec;

/**
 * Option-A shortcut from x (n, inChannels, h, w) to (n, outChannels, ceil(h/stride), ceil(w/stride)).
 *
 * @param before zero channels in front of the copied ones; the rest follow behind
 */
public record ShortcutSpec(int n, int inChannels, int h, int w, int outChannels, int stride, int before) {
    /** Validates. */
    public ShortcutSpec {
        Checks.positive("shortcut", "batch", n, "inChannels", inChannels, "h", h, "w", w, "stride", stride);
        if (before < 0 || before + inChannels > outChannels) {
            throw new IllegalArgumentException(
                    "shortcut: " + inChannels + " channels at offset " + before + " do not fit into " + outChannels);
        }
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
        return new int[] {n, outChannels, outH(), outW()};
    }
}
