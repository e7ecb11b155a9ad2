package greg.kernels.spec;

/** One factor per channel of each image: x (n, channels, h, w) and gate (n, channels). */
public record GateSpec(int n, int channels, int h, int w) {
    /** Validates. */
    public GateSpec {
        Checks.positive("gate", "batch", n, "channels", channels, "h", h, "w", w);
    }

    /** Dimensions of x and y. */
    public int[] dims() {
        return new int[] {n, channels, h, w};
    }

    /** Dimensions of the gate; (n, channels, 1, 1) has the same bytes. */
    public int[] gateDims() {
        return new int[] {n, channels};
    }
}
