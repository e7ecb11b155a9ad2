package greg.kernels;

/** Element type of a {@link Storage}. */
public enum DType {
    /** IEEE single precision: activations, weights, gradients. */
    FLOAT32(4),
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
