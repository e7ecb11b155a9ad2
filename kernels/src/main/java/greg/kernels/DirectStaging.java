package greg.kernels;

/** Sends by {@link TransferKernels#upload(byte[], Storage)}: for backends whose memory is the host's. */
final class DirectStaging implements StagingBuffer {
    private final Backend backend;
    private Storage storage;

    DirectStaging(Backend backend) {
        this.backend = backend;
    }

    @Override
    public Storage send(byte[] bytes, int count) {
        if (storage == null || storage.length() != count) {
            close();
            storage = backend.memory().allocate(DType.UINT8, count);
        }
        backend.transfer().upload(bytes, storage);
        return storage;
    }

    @Override
    public void close() {
        if (storage != null) storage.release();
        storage = null;
    }
}
