package greg.kernels.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Time between two points of the stream as the device sees it, by a pair of events. Made by {@link CudaBackend#timer}; may
 * be used again and again.
 */
public final class DeviceTimer implements AutoCloseable {
    private final CudaContext context;
    private final CUevent begin = new CUevent();
    private final CUevent end = new CUevent();
    private boolean closed;

    DeviceTimer(CudaContext context) {
        this.context = context;
        context.enter();
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(begin, CUevent_flags.CU_EVENT_DEFAULT));
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(end, CUevent_flags.CU_EVENT_DEFAULT));
    }

    /** Marks the first point: reached when everything launched before has finished. */
    public void start() {
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(begin, context.stream()));
    }

    /** Marks the second. */
    public void stop() {
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(end, context.stream()));
    }

    /** Waits for the second point; time from the first to it in microseconds, in steps of about half a microsecond. */
    public double microseconds() {
        context.check("waiting for an event", JCudaDriver.cuEventSynchronize(end));
        float[] milliseconds = new float[1];
        context.check("cuEventElapsedTime", JCudaDriver.cuEventElapsedTime(milliseconds, begin, end));
        return 1e3 * milliseconds[0];
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        JCudaDriver.cuEventDestroy(begin);
        JCudaDriver.cuEventDestroy(end);
    }
}
