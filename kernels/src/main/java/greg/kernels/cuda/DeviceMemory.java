package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** The pool of device memory. Blocks come from {@code cuMemAlloc}, which aligns them to 256 bytes. */
final class DeviceMemory extends MemoryPool<DeviceAddress> {
    /** Of blocks from the driver, and of what lies next to each other in one of them. */
    private static final long ALIGNMENT = 256;

    private static final long MOST_DATA = 1L << 30;

    private final CudaContext context;
    private final DType activationType;
    private BiConsumer<DeviceAddress, Long> listener = (address, bytes) -> {};

    DeviceMemory(CudaContext context, DType activationType) {
        this.context = context;
        this.activationType = activationType;
    }

    /** In which type kernels hand activations to each other. */
    DType activationType() {
        return activationType;
    }

    @Override
    public Storage activation(int... dims) {
        if (dims.length != 4) return super.activation(dims);
        long pixels = (long) dims[0] * dims[2] * dims[3];
        return allocate(activationType, pixels * dims[1], pixels * CudaLayouts.pitch(dims[1], activationType));
    }

    /** Both channel counts are padded for every type of activations: a weight is made before anybody knows its readers. */
    @Override
    public Storage parameter(int... dims) {
        if (dims.length != 4) return super.parameter(dims);
        long taps = (long) dims[2] * dims[3];
        long filters = CudaLayouts.pitch(dims[0], activationType);
        return allocate(
                DType.FLOAT32, taps * dims[0] * dims[1], taps * filters * CudaLayouts.pitch(dims[1], activationType));
    }

    @Override
    public List<Storage> neighbours(List<Storage> others) {
        if (others.isEmpty()) return List.of();
        long[] starts = new long[others.size() + 1];
        for (int i = 0; i < others.size(); i++) {
            long bytes = others.get(i).bytes();
            starts[i + 1] = starts[i] + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        CudaStorage whole = take(DType.UINT8, starts[others.size()]);
        List<Storage> parts = new ArrayList<>();
        for (int i = 0; i < others.size(); i++) {
            Storage like = others.get(i);
            parts.add(new CudaStorage(whole, starts[i], like.type(), like.length(), like.room()));
        }
        whole.release(); // the parts hold it
        return parts;
    }

    /** A quarter of what is free now, and at most 1 GiB: beyond that, sending costs less than the memory is worth. */
    @Override
    public long roomForData() {
        context.enter();
        long[] free = new long[1];
        context.check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, new long[1]));
        return Math.min(free[0] / 4, MOST_DATA);
    }

    @Override
    protected DeviceAddress obtain(long bytes) {
        if (context.capturing()) {
            throw new KernelException(
                    "allocate on cuda: a captured step cannot obtain memory, and the pool has no block of " + bytes
                            + " bytes: run the step once before capturing");
        }
        context.enter();
        DeviceAddress address = new DeviceAddress();
        int status = JCudaDriver.cuMemAlloc(address, bytes);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            // blocks of other sizes may be free in the pool
            trim();
            status = JCudaDriver.cuMemAlloc(address, bytes);
        }
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            long[] free = new long[1];
            long[] total = new long[1];
            JCudaDriver.cuMemGetInfo(free, total);
            throw new KernelException(
                    "allocate on cuda: no room for " + bytes + " bytes in addition to the " + liveBytes()
                            + " in use; the device has " + free[0] + " of " + total[0] + " free. Lower the batch size");
        }
        context.check("allocation of " + bytes + " bytes", status);
        return address;
    }

    @Override
    protected void free(DeviceAddress address, long bytes) {
        context.enter();
        context.check("release of " + bytes + " bytes", JCudaDriver.cuMemFree(address));
    }

    @Override
    protected Storage wrap(DeviceAddress address, DType type, long length) {
        return wrap(address, type, length, length);
    }

    @Override
    protected Storage wrap(DeviceAddress address, DType type, long length, long room) {
        return new CudaStorage(this, address, type, length, room);
    }

    @Override
    protected DeviceAddress unwrap(Storage storage) {
        return ((CudaStorage) storage).address();
    }

    /** For tests: called with every block that returns to the pool, to declare its content undefined. */
    void onRecycle(BiConsumer<DeviceAddress, Long> told) {
        listener = told;
    }

    @Override
    protected void recycled(DeviceAddress address, long bytes) {
        listener.accept(address, bytes);
    }

    @Override
    public void written(Storage storage) {
        if (context.capturing()) context.capture().wrote(storage);
    }

    /** A storage of this backend, which callers inside it need not cast. */
    CudaStorage take(DType type, long length) {
        return (CudaStorage) allocate(type, length);
    }

    /** As {@link #take(DType, long)}, with room for padding. */
    CudaStorage take(DType type, long length, long room) {
        return (CudaStorage) allocate(type, length, room);
    }
}
