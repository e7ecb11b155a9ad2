package greg.kernels.spec;

/**
 * A bias per channel over (n, channels, h, w); a matrix (n, channels) has h = w = 1.
 *
 * @param relu whether the forward pass ends with a ReLU
 */
public record BiasSpec(int n, int channels, int h, int w, boolean relu) {
    /** Validates. */
    public BiasSpec {
        Checks.positive("bias", "batch", n, "channels", channels, "h", h, "w", w);
    }

    /** Dimensions of x and y. */
    public int[] dims() {
        return new int[] {n, channels, h, w};
    }
}
