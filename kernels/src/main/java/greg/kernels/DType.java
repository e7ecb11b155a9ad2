package greg.kernels;

/** Element type of a {@link Storage}. */
public enum DType {
    /** IEEE single precision: activations, weights, gradients. */
    FLOAT32(4),
    /**
     * The upper half of a FLOAT32: activations and their gradients where a backend runs in {@link Precision#BF16}. Never seen
     * on the host, where downloads widen it.
     */
    BFLOAT16(2),
    /** Signed: class labels, indices. */
    INT32(4),
    /** From 0 to 255: pixels of images as they are read. */
    UINT8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }
}
