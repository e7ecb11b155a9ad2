package greg.kernels.cuda;

import greg.kernels.CapturedStep;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.TransferKernels;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Kernels recorded once and replayed with one call, so that a step of many small launches costs the host one. Addresses and
 * arguments are recorded, not data. The graph therefore holds a reference to every storage of the step that outlives the
 * recording, and keeps the blocks of those that do not for its own use, until it is closed; close it before its backend.
 * Made by {@link CudaBackend#capture}.
 *
 * <p>The number of Adam's step and the number of a random sample are those of the capture in the first replay, and count on
 * from replay to replay: a step captured as number t, launched three times, is the steps t, t + 1 and t + 2, to the bit. Steps
 * in between that are made by calls are counted by {@link #skip}.
 */
public final class StepGraph implements CapturedStep {
    private static final String STEP = "step";
    private static final String ADVANCE = "advance";
    /** Two are used; the size is one that no step asks for, which must find in the pool what its first run left there. */
    private static final int COUNTER_BYTES = 8 * 61;

    private final CudaContext context;
    private final CudaStorage counters;
    private final CUgraphExec executable = new CUgraphExec();
    private final List<Replayed> held;
    private final CudaLayouts layouts;
    private final Runnable giveBack;
    private final int nodes;
    private boolean closed;

    StepGraph(CudaContext context, DeviceMemory memory, TransferKernels transfer, CudaLayouts layouts, Runnable step) {
        this.context = context;
        this.layouts = layouts;
        context.enter();
        if (context.capturing()) throw new KernelException("cuda: a captured step cannot capture another");
        // loaded now: drivers may load a module's functions one by one, at their first use
        context.module(STEP).function(ADVANCE);
        counters = memory.take(DType.UINT8, COUNTER_BYTES);
        transfer.fill(counters, 0);
        Capture capture = new Capture(counters);
        memory.keepApart();
        CUgraph graph;
        try {
            graph = record(step, capture);
        } catch (RuntimeException | Error broken) {
            capture.end();
            memory.endKeepingApart().run();
            counters.release();
            throw broken;
        }
        giveBack = memory.endKeepingApart();
        held = capture.end();
        for (Replayed part : held) part.storage().retain();
        long[] count = new long[1];
        int counted = JCudaDriver.cuGraphGetNodes(graph, null, count);
        nodes = (int) count[0];
        int status = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
        JCudaDriver.cuGraphDestroy(graph);
        if (status != CUresult.CUDA_SUCCESS) letGo();
        context.check("making a graph of a captured step", status);
        context.check("cuGraphGetNodes", counted);
    }

    /** Kernels, copies and fills of the step; a library's call may be several. */
    public int nodes() {
        return nodes;
    }

    private CUgraph record(Runnable step, Capture capture) {
        CUgraph graph = new CUgraph();
        context.beginCapture(CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, capture);
        try {
            step.run();
            if (capture.counts()) advance(1, capture.samples());
        } catch (RuntimeException | Error broken) {
            // the step's own error says more than that of the invalidated capture, and the stream must be usable again
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

    @Override
    public void launch() {
        context.refuseProfile();
        for (Replayed part : held) part.prepare(context, layouts);
        context.check("launch of a captured step", JCudaDriver.cuGraphLaunch(executable, context.stream()));
        for (Replayed part : held) part.done();
    }

    @Override
    public void skip(long steps, long samples) {
        advance(steps, samples);
    }

    private void advance(long steps, long samples) {
        context.launch(STEP, ADVANCE).add(counters).add(steps).add(samples).grid(1, 1, 1);
    }

    private void letGo() {
        counters.release();
        for (Replayed part : held) part.storage().release();
        held.clear();
        giveBack.run();
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        // a graph may still be running; the driver destroys it when it has finished, and whatever reuses its memory
        // runs after it in the stream
        context.check("release of a captured step", JCudaDriver.cuGraphExecDestroy(executable));
        letGo();
    }
}
