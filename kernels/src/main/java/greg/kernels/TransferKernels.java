package greg.kernels;

/** Copies between host and device. Host arrays are dense, row-major; 4-D data is NCHW. */
public interface TransferKernels {
    /** dst[i] = src[i]; {@code dst} becomes dense in the order of {@code src}. Lengths must agree. */
    void upload(float[] src, Storage dst);

    /** As {@link #upload(float[], Storage)} for INT32 storages. */
    void upload(int[] src, Storage dst);

    /** The first {@code dst.length()} bytes of {@code src} into a UINT8 storage. */
    void upload(byte[] src, Storage dst);

    /**
     * Reads a FLOAT32 storage into a dense array, NCHW for 4-D shapes; waits for the device.
     *
     * @param dims logical dimensions, needed to undo a device layout
     */
    void download(Storage src, int[] dims, float[] dst);

    /** Reads an INT32 storage. */
    void download(Storage src, int[] dst);

    /** dst = src, layout included. Types and lengths must agree. */
    void copy(Storage src, Storage dst);

    /** dst[i] = src[first + i] for INT32 storages. */
    void slice(Storage src, long first, Storage dst);

    /** x[i] = value for a FLOAT32 storage (all bits zero for 0 on any type). */
    void fill(Storage x, float value);

    /** Rewrites a 4-D storage densely (NCHW) into {@code dst}: reshaping needs this before it can ignore layouts. */
    void toPlain(Storage src, int[] dims, Storage dst);
}
