package greg.kernels;

import java.util.Arrays;

/** Sends by {@link TransferKernels#upload(byte[], Storage)}: for backends whose memory is the host's. */
final class DirectStaging implements StagingBuffer {
    private final Backend backend;
    private Sent sent;

    DirectStaging(Backend backend) {
        this.backend = backend;
    }

    @Override
    public Sent send(byte[] bytes, int byteCount, int[] numbers, int count) {
        if (sent == null || sent.bytes().length() != byteCount || sent.numbers().length() != count) {
            close();
            Memory memory = backend.memory();
            sent = new Sent(memory.allocate(DType.UINT8, byteCount), memory.allocate(DType.INT32, count));
        }
        backend.transfer().upload(bytes, sent.bytes());
        backend.transfer().upload(Arrays.copyOf(numbers, count), sent.numbers());
        return sent;
    }

    @Override
    public void close() {
        if (sent == null) return;
        sent.numbers().release();
        sent.bytes().release();
        sent = null;
    }
}
