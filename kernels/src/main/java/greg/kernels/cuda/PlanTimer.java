package greg.kernels.cuda;

import greg.kernels.KernelException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Time of short work on the device. A convolution of a small network takes less time than the host needs to launch it, so that a
 * pair of events around one run would measure the host: short runs are repeated from a graph, as in a captured step.
 */
final class PlanTimer implements AutoCloseable {
    /** What takes longer than this hides the host's part. */
    private static final double LONG_MICROSECONDS = 500;
    /** Long work that takes this many times as long as the best so far is not repeated. */
    private static final double HOPELESS = 1.25;

    private static final int RUNS = 10;

    private final CudaContext context;
    private final DeviceTimer timer;

    PlanTimer(CudaContext context) {
        this.context = context;
        timer = new DeviceTimer(context);
    }

    /**
     * Microseconds of one run.
     *
     * @param run puts work into the stream that can be captured; has run before
     * @param best microseconds of the fastest so far
     */
    double microseconds(Runnable run, double best) {
        double once = timed(run);
        if (once > LONG_MICROSECONDS) return once > HOPELESS * best ? once : Math.min(once, timed(run));
        CUgraphExec repeated = captured(run);
        try {
            Runnable launch = () -> context.check(
                    "launch of a plan to be timed", JCudaDriver.cuGraphLaunch(repeated, context.stream()));
            // the first launch uploads the graph
            launch.run();
            return timed(launch) / RUNS;
        } finally {
            context.check("release of a plan that was timed", JCudaDriver.cuGraphExecDestroy(repeated));
        }
    }

    private double timed(Runnable work) {
        timer.start();
        work.run();
        timer.stop();
        return timer.microseconds();
    }

    /** A plan that cannot be captured is as good as none: a training step could not be either. */
    private CUgraphExec captured(Runnable run) {
        try {
            return repeated(run);
        } catch (CudnnException refused) {
            throw refused;
        } catch (KernelException spoilt) {
            throw new CudnnException(spoilt.getMessage());
        }
    }

    private CUgraphExec repeated(Runnable run) {
        CUgraph graph = new CUgraph();
        context.check(
                "capture of a plan to be timed",
                JCudaDriver.cuStreamBeginCapture(
                        context.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        try {
            for (int i = 0; i < RUNS; i++) run.run();
        } catch (RuntimeException | Error broken) {
            // the stream must be usable again, and the run's own error says more than the capture's
            if (JCudaDriver.cuStreamEndCapture(context.stream(), graph) == CUresult.CUDA_SUCCESS) {
                JCudaDriver.cuGraphDestroy(graph);
            }
            throw broken;
        }
        context.check("capture of a plan to be timed", JCudaDriver.cuStreamEndCapture(context.stream(), graph));
        CUgraphExec executable = new CUgraphExec();
        int status = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
        JCudaDriver.cuGraphDestroy(graph);
        context.check("making a graph of a plan to be timed", status);
        return executable;
    }

    @Override
    public void close() {
        timer.close();
    }
}
