package greg.kernels.spec;

/**
 * Batch normalization of (n, channels, h, w).
 *
 * @param eps added to the variance
 * @param momentum weight of the new batch in the running statistics (PyTorch's sense)
 * @param fusion what follows in the same kernel
 */
public record BatchNormSpec(int n, int channels, int h, int w, float eps, float momentum, Fusion fusion) {
    /** What the kernel does after normalizing. */
    public enum Fusion {
        /** y = BN(x). */
        NONE,
        /** y = max(BN(x), 0). */
        RELU,
        /** y = max(BN(x) + residual, 0): the tail of a residual block. */
        ADD_RELU
    }

    /** Validates. */
    public BatchNormSpec {
        Checks.positive("batchNorm", "batch", n, "channels", channels, "h", h, "w", w);
    }

    /** Dimensions of x and y. */
    public int[] dims() {
        return new int[] {n, channels, h, w};
    }

    /** Elements that share one mean: n h w. */
    public long reduction() {
        return (long) n * h * w;
    }
}
