package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.StagingBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
    private final int bytes;
    private final int numbers;
    private final CUstream copies = new CUstream();
    private final Half[] halves = new Half[HALVES];
    private int batches;
    private boolean closed;

    /** Memory for one batch: its numbers, then its bytes. */
    private static final class Half {
        final Pointer host = new Pointer();
        final CudaStorage bytes;
        final CudaStorage numbers;
        /** When the copies to the device are complete. */
        final CUevent arrived = new CUevent();
        /** When the kernels that read the batch have finished. */
        final CUevent consumed = new CUevent();

        ByteBuffer content;

        Half(CudaStorage bytes, CudaStorage numbers) {
            this.bytes = bytes;
            this.numbers = numbers;
        }
    }

    CudaStaging(CudaContext context, DeviceMemory memory, int bytes, int numbers) {
        this.context = context;
        this.bytes = bytes;
        this.numbers = numbers;
        context.enter();
        int flag = CUstream_flags.CU_STREAM_NON_BLOCKING;
        context.check("cuStreamCreate", JCudaDriver.cuStreamCreate(copies, flag));
        try {
            for (int i = 0; i < HALVES; i++) {
                halves[i] = new Half(memory.take(DType.UINT8, bytes), memory.take(DType.INT32, numbers));
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
        long size = bytes + (long) numbers * Integer.BYTES;
        context.check(
                "allocation of " + size + " bytes of page-locked memory", JCudaDriver.cuMemAllocHost(half.host, size));
        half.content = half.host.getByteBuffer(0, size).order(ByteOrder.nativeOrder());
        // kernels of the memory's last owner may still be using it
        record(half.consumed, context.stream());
    }

    @Override
    public Sent send(byte[] from, int byteCount, int[] numbersFrom, int count) {
        if (byteCount < 1 || byteCount > bytes || count < 1 || count > numbers) {
            throw new IllegalArgumentException("staging: expected 1 to " + bytes + " bytes and 1 to " + numbers
                    + " numbers, got " + byteCount + " and " + count + "; make a larger buffer");
        }
        CUstream kernels = context.stream();
        // whatever reads the batch before has been issued by now
        if (batches > 0) record(halves[(batches - 1) % HALVES].consumed, kernels);
        Half half = halves[batches % HALVES];
        batches++;
        context.check("waiting for a copy to the device", JCudaDriver.cuEventSynchronize(half.arrived));
        half.content.clear();
        half.content.asIntBuffer().put(numbersFrom, 0, count);
        half.content.position(numbers * Integer.BYTES).put(from, 0, byteCount);
        wait(copies, half.consumed);
        copy(half.numbers, half.host, (long) count * Integer.BYTES);
        copy(half.bytes, half.host.withByteOffset((long) numbers * Integer.BYTES), byteCount);
        record(half.arrived, copies);
        wait(kernels, half.arrived);
        return new Sent(half.bytes, half.numbers);
    }

    private void copy(CudaStorage to, Pointer from, long count) {
        context.check(
                "copy of " + count + " bytes to the device",
                JCudaDriver.cuMemcpyHtoDAsync(to.address(), from, count, copies));
        to.wrotePlain();
    }

    private void record(CUevent event, CUstream stream) {
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(event, stream));
    }

    /** What is issued to the stream from here on waits for the event; the host does not. */
    private void wait(CUstream stream, CUevent event) {
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
            half.numbers.release();
            half.bytes.release();
        }
        JCudaDriver.cuStreamDestroy(copies);
    }
}
