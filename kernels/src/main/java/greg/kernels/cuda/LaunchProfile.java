package greg.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/** An event behind every launch: how long each took. */
final class LaunchProfile implements AutoCloseable {
    private final CudaContext context;
    private final List<Mark> marks = new ArrayList<>();

    /** The point at which a launch is complete. */
    private record Mark(CUevent event, String kernel, long bytes) {}

    /** Begins here. */
    LaunchProfile(CudaContext context) {
        this.context = context;
        mark("begin", 0);
    }

    /** Notes that this was issued. */
    void add(Launched launch) {
        // its storages may belong to others when the profile is read
        mark(launch.kernel(), launch.bytes());
    }

    private void mark(String kernel, long bytes) {
        CUevent event = new CUevent();
        context.check("cuEventCreate", JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT));
        marks.add(new Mark(event, kernel, bytes));
        context.check("cuEventRecord", JCudaDriver.cuEventRecord(event, context.stream()));
    }

    /** Waits; the launches in their order. */
    List<KernelTime> times() {
        context.synchronize();
        List<KernelTime> times = new ArrayList<>();
        float[] milliseconds = new float[1];
        for (int i = 1; i < marks.size(); i++) {
            Mark mark = marks.get(i);
            context.check(
                    "cuEventElapsedTime",
                    JCudaDriver.cuEventElapsedTime(milliseconds, marks.get(i - 1).event, mark.event));
            times.add(new KernelTime(mark.kernel, 1e3 * milliseconds[0], mark.bytes));
        }
        return times;
    }

    @Override
    public void close() {
        for (Mark mark : marks) JCudaDriver.cuEventDestroy(mark.event);
    }
}
