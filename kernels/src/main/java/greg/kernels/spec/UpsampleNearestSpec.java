package greg.kernels.spec;

/**
 * Each pixel of x (n, channels, h, w) becomes a block of {@code factorH} by {@code factorW} pixels.
 *
 * @param factorH how often each row is repeated, at least 1
 * @param factorW how often each column is repeated, at least 1
 */
public record UpsampleNearestSpec(int n, int channels, int h, int w, int factorH, int factorW) {
    /** Validates. */
    public UpsampleNearestSpec {
        Checks.positive("upsampleNearest", "batch", n, "channels", channels, "h", h, "w", w);
        Checks.positive("upsampleNearest", "factorH", factorH, "factorW", factorW);
    }

    /** Output height. */
    public int outH() {
        return Math.multiplyExact(h, factorH);
    }

    /** Output width. */
    public int outW() {
        return Math.multiplyExact(w, factorW);
    }

    /** Dimensions of x. */
    public int[] xDims() {
        return new int[] {n, channels, h, w};
    }

    /** Dimensions of y. */
    public int[] yDims() {
        return new int[] {n, channels, outH(), outW()};
    }
}
