package greg.kernels;

/** Where the host puts one batch of bytes after the other, ahead of the kernels that read them; see {@link Backend#staging}. */
public interface StagingBuffer extends AutoCloseable {
    /**
     * Sends bytes to the device: where the backend can, beside the kernels issued before. {@code bytes} may be reused at once.
     *
     * @param bytes at least {@code count}
     * @param count at least 1, at most the size of the buffer
     * @return UINT8, whose first {@code count} elements are the bytes; belongs to the buffer, and is for kernels that are issued
     *     before the next call
     */
    Storage send(byte[] bytes, int count);

    /** Frees the memory; a second call does nothing. */
    @Override
    void close();
}
