package greg.bench.gpu;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import java.util.ArrayList;
import java.util.List;

/**
 * The yardstick: one device-to-device copy by the driver that moves as many bytes as the kernel it is compared with, half of
 * them read and half written, over several pairs of blocks.
 */
final class CopyCase implements AutoCloseable {
    private static final int READ_AND_WRITTEN = 2 * Float.BYTES;

    private final Backend backend;
    private final List<Storage> from = new ArrayList<>();
    private final List<Storage> to = new ArrayList<>();
    private final long bytes;

    CopyCase(Backend backend, long bytes, int copies) {
        this.backend = backend;
        long length = Math.max(1, bytes / READ_AND_WRITTEN);
        this.bytes = length * READ_AND_WRITTEN;
        for (int c = 0; c < copies; c++) {
            from.add(backend.memory().allocate(DType.FLOAT32, length));
            to.add(backend.memory().allocate(DType.FLOAT32, length));
            backend.transfer().fill(from.get(c), c + 1);
            backend.transfer().fill(to.get(c), Float.NaN);
        }
    }

    /** Bytes read and written by a run: the requested number, less a remainder of under eight. */
    long bytes() {
        return bytes;
    }

    void run(int copy) {
        backend.transfer().copy(from.get(copy), to.get(copy));
    }

    /** The last element that copy number {@code copy} wrote, which should be {@code copy + 1}. */
    float last(int copy) {
        float[] values = ArrayCase.download(backend, to.get(copy));
        return values[values.length - 1];
    }

    @Override
    public void close() {
        from.forEach(Storage::release);
        to.forEach(Storage::release);
    }
}
