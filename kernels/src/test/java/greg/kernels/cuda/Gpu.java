package greg.kernels.cuda;

import greg.kernels.BackendsUnderTest;
import greg.kernels.Storage;
import greg.kernels.Workspace;

/** The cuda backend of this run with its package-private members, for tests that go below the seam. */
final class Gpu {
    private final CudaBackend backend = (CudaBackend) BackendsUnderTest.open("cuda");

    CudaBackend backend() {
        return backend;
    }

    CudaContext context() {
        return backend.context();
    }

    /** This NCHW data as a storage in the given layout: dense as from the host, or as kernels hand it to each other. */
    CudaStorage put(Workspace k, CudaLayout layout, float[] data, int... dims) {
        CudaStorage plain = CudaStorage.of(k.put(data));
        if (layout == CudaLayout.NCHW) return plain;
        CudaStorage last = layouts().activation(plain, dims);
        k.own(last);
        return last;
    }

    CudaLayouts layouts() {
        return new CudaLayouts(context(), (DeviceMemory) backend.memory());
    }

    /** Part of a storage: elements {@code start} to {@code start + length}. Not counted, not to be released. */
    CudaStorage view(Storage storage, int start, int length) {
        DeviceAddress address = CudaStorage.of(storage).address().plus(4L * start);
        return new CudaStorage(backend.memory(), address, storage.type(), length);
    }
}
