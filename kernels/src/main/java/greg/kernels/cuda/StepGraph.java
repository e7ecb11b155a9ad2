package greg.kernels.cuda;

import greg.kernels.KernelException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Kernels recorded once and replayed with one call, so that a step of many small launches costs the host one. What is
 * recorded are addresses and arguments, not data: every storage of the step, and the tables of its updates, must stay
 * alive and where they are for as long as the graph is used. Made by {@link CudaBackend#capture}.
 */
public final class StepGraph implements AutoCloseable {
    private final CudaContext context;
    private final CUgraphExec executable = new CUgraphExec();

    StepGraph(CudaContext context, Runnable step) {
        this.context = context;
        CUgraph graph = record(step);
        int status = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
        JCudaDriver.cuGraphDestroy(graph);
        context.check("making a graph of a captured step", status);
    }

    private CUgraph record(Runnable step) {
        CUgraph graph = new CUgraph();
        context.beginCapture(CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL);
        try {
            step.run();
        } catch (RuntimeException | Error broken) {
            // the step's own error says more than the spoilt capture's, and the stream must be usable again
            if (context.endCapture(graph) == CUresult.CUDA_SUCCESS) JCudaDriver.cuGraphDestroy(graph);
            throw broken;
        }
        int status = context.endCapture(graph);
        if (status != CUresult.CUDA_SUCCESS) {
            throw new KernelException("cuda: capture of a step failed: " + CudaContext.describe(status)
                    + "; a step to be captured may not upload, download or wait: run it once before, so that tables and"
                    + " modules are there");
        }
        return graph;
    }

    /** Runs what was recorded, behind all that was launched before. */
    public void launch() {
        context.check("launch of a captured step", JCudaDriver.cuGraphLaunch(executable, context.stream()));
    }

    @Override
    public void close() {
        // a graph may still be running; the driver destroys it when it has finished
        context.check("release of a captured step", JCudaDriver.cuGraphExecDestroy(executable));
    }
}
