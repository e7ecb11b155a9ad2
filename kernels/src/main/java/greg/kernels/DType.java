package greg.kernels;

/** Element type of a {@link Storage}. */
public enum DType {
    FLOAT32(4),
    INT32(4),
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
