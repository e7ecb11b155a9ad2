package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.StagingBuffer;
import greg.kernels.Storage;
import java.nio.ByteBuffer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * Two halves that take turns, each of page-locked memory and of device memory, and a stream of its own for the copies from one to
 * the other: a batch travels while kernels work on the one before. The host gets at most two batches ahead of the device.
 */
final class CudaStaging implements StagingBuffer {
    private static final int HALVES = 2;

    private final CudaContext context;
    private final int size;
    private final CUstream copies = new CUstream();
    private final Half[] halves = new Half[HALVES];
    private int sent;
    private boolean closed;

    /** Memory for one batch. */
    private static final class Half {
        final Pointer host = new Pointer();
        final CudaStorage device;
        /** When the copy to the device is complete. */
        final CUevent arrived = new CUevent();
        /** When the kernels that read it have finished. */
        final CUevent consumed = new CUevent();

        ByteBuffer bytes;

        Half(CudaStorage device) {
            this.device = device;
        }
    }

    CudaStaging(CudaContext context, DeviceMemory memory, int size) {
        this.context = context;
        this.size = size;
        context.enter();
        int flag = CUstream_flags.CU_STREAM_NON_BLOCKING;
        context.check("cuStreamCreate", JCudaDriver.cuStreamCreate(copies, flag));
        try {
            for (int i = 0; i < HALVES; i++) {
                halves[i] = new Half(memory.take(DType.UINT8, size));
                open(halves[i]);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void open(Half half) {
        int timeless = CUevent_flags.CU_EVENT_DISABLE_TIMING;
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(half.arrived, timeless));
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(half.consumed, timeless));
        context.check(
                "allocation of " + size + " bytes of page-locked memory", JCudaDriver.cuMemAllocHost(half.host, size));
        half.bytes = half.host.getByteBuffer(0, size);
        // kernels of the memory's last owner may still be using it
        record(half.consumed, context.stream());
    }

    @Override
    public Storage send(byte[] bytes, int count) {
        if (count < 1 || count > size || count > bytes.length) {
            throw new IllegalArgumentException("staging: expected 1 to " + Math.min(size, bytes.length) + " bytes, got "
                    + count + "; make a larger buffer");
        }
        CUstream kernels = context.stream();
        // whatever reads the batch before has been issued by now
        if (sent > 0) record(halves[(sent - 1) % HALVES].consumed, kernels);
        Half half = halves[sent % HALVES];
        sent++;
        context.check("waiting for a copy to the device", JCudaDriver.cuEventSynchronize(half.arrived));
        half.bytes.position(0).put(bytes, 0, count);
        follow(copies, half.consumed);
        context.check(
                "copy of " + count + " bytes to the device",
                JCudaDriver.cuMemcpyHtoDAsync(half.device.address(), half.host, count, copies));
        record(half.arrived, copies);
        follow(kernels, half.arrived);
        half.device.wrotePlain();
        return half.device;
    }

    private void record(CUevent event, CUstream stream) {
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(event, stream));
    }

    /** What is issued to the stream from here on waits for the event. */
    private void follow(CUstream stream, CUevent event) {
        context.check("cuStreamWaitEvent", JCudaDriver.cuStreamWaitEvent(stream, event, 0));
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        context.enter();
        // the kernels' stream waits for every copy, so what gets the device memory next comes after them
        JCudaDriver.cuStreamSynchronize(copies);
        for (Half half : halves) {
            if (half == null) continue; // the constructor failed before
            JCudaDriver.cuMemFreeHost(half.host);
            JCudaDriver.cuEventDestroy(half.arrived);
            JCudaDriver.cuEventDestroy(half.consumed);
            half.device.release();
        }
        JCudaDriver.cuStreamDestroy(copies);
    }
}
