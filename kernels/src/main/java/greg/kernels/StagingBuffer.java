package greg.kernels;

/** Where the host puts one batch of bytes after the other, ahead of the kernels that read them; see {@link Backend#staging}. */
public interface StagingBuffer extends AutoCloseable {
    /**
     * A batch on the device. Both storages belong to the buffer; they are for kernels that are issued before the next batch is sent.
     *
     * @param bytes UINT8, of which those that were sent come first
     * @param numbers INT32, likewise
     */
    record Sent(Storage bytes, Storage numbers) {}

    /**
     * Sends a batch to the device: where the backend can, beside the kernels issued before. The arrays may be reused at once.
     *
     * @param bytes of which the first {@code byteCount} are sent, at least 1
     * @param numbers of which the first {@code count} are sent, at least 1
     */
    Sent send(byte[] bytes, int byteCount, int[] numbers, int count);

    /** Frees the memory; a second call does nothing. */
    @Override
    void close();
}
