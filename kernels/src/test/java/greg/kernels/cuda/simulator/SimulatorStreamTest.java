package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.fails;
import static greg.kernels.cuda.simulator.SoftwareDevice.floats;
import static greg.kernels.cuda.simulator.SoftwareDevice.function;
import static greg.kernels.cuda.simulator.SoftwareDevice.launch;
import static greg.kernels.cuda.simulator.SoftwareDevice.module;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.source;
import static greg.kernels.cuda.simulator.SoftwareDevice.stream;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams, events, and graphs that are captured from a stream and replayed. */
class SimulatorStreamTest {
    private static final String GOOD = source("good.ptx");
    private static final int GLOBAL = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL;
    private SoftwareDevice device;
    private CUfunction scale;

    @BeforeEach
    void open() {
        device = SoftwareDevice.openQuietly();
        scale = function(GOOD, "scale");
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static CUevent event() {
        CUevent event = new CUevent();
        ok(() -> JCudaDriver.cuEventCreate(event, 0));
        return event;
    }

    /** A stream runs when something waits for it: another stream that forgot to wait sees uninitialised memory. */
    @Test
    void aMissingWaitIsSeen() {
        CUdeviceptr x = allocate(16);
        CUstream writer = stream();
        CUstream reader = stream();
        ok(() -> JCudaDriver.cuMemsetD32Async(x, Float.floatToIntBits(1), 4, writer));
        ok(() -> launch(scale, 1, 4, 0, reader, x));
        fails(
                CUresult.CUDA_ERROR_LAUNCH_FAILED,
                () -> JCudaDriver.cuStreamSynchronize(reader),
                "kernel scale",
                "uninitialised memory");
    }

    @Test
    void anEventOrdersTwoStreams() {
        CUdeviceptr x = allocate(16);
        CUstream writer = stream();
        CUstream reader = stream();
        CUevent written = event();
        ok(() -> JCudaDriver.cuMemsetD32Async(x, Float.floatToIntBits(1), 4, writer));
        ok(() -> JCudaDriver.cuEventRecord(written, writer));
        ok(() -> JCudaDriver.cuStreamWaitEvent(reader, written, 0));
        ok(() -> launch(scale, 1, 4, 0, reader, x));
        ok(() -> JCudaDriver.cuStreamSynchronize(reader));
        assertArrayEquals(new float[] {1, 2, -3, 4}, floats(x, 4));
    }

    @Test
    void eventsKeepTime() {
        CUstream stream = stream();
        CUevent start = event();
        CUevent end = event();
        float[] milliseconds = new float[1];
        int handle = CUresult.CUDA_ERROR_INVALID_HANDLE;
        fails(handle, () -> JCudaDriver.cuEventElapsedTime(milliseconds, start, end), "never recorded");
        ok(() -> JCudaDriver.cuEventRecord(start, stream));
        ok(() -> launch(scale, 1, 4, 0, stream, upload(1f, 1f, 1f, 1f)));
        ok(() -> JCudaDriver.cuEventRecord(end, stream));
        int notReady = CUresult.CUDA_ERROR_NOT_READY;
        assertEquals(notReady, SoftwareDevice.run(() -> JCudaDriver.cuEventElapsedTime(milliseconds, start, end)));
        assertEquals(notReady, SoftwareDevice.run(() -> JCudaDriver.cuEventQuery(end)));
        ok(() -> JCudaDriver.cuEventQuery(end));
        ok(() -> JCudaDriver.cuEventElapsedTime(milliseconds, start, end));
        assertTrue(milliseconds[0] > 0, "the kernel took some time: " + milliseconds[0]);
    }

    /** Pageable memory is read before the call returns, page-locked memory when the copy runs. */
    @Test
    void copiesFromPageLockedMemoryAreLate() {
        CUdeviceptr x = allocate(8);
        CUstream stream = stream();
        Pointer locked = new Pointer();
        ok(() -> JCudaDriver.cuMemAllocHost(locked, 4));
        ByteBuffer host = locked.getByteBuffer(0, 4).order(ByteOrder.nativeOrder());
        ByteBuffer pageable = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        host.putFloat(0, 1);
        pageable.putFloat(0, 1);
        ok(() -> JCudaDriver.cuMemcpyHtoDAsync(x, locked, 4, stream));
        ok(() -> JCudaDriver.cuMemcpyHtoDAsync(x.withByteOffset(4), Pointer.to(pageable), 4, stream));
        host.putFloat(0, 2);
        pageable.putFloat(0, 2);
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertArrayEquals(new float[] {2, 1}, floats(x, 2));
        ok(() -> JCudaDriver.cuMemFreeHost(locked));
    }

    private CUgraph capture(CUstream stream, Runnable work) {
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, GLOBAL));
        work.run();
        CUgraph graph = new CUgraph();
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, graph));
        return graph;
    }

    private static CUgraphExec instantiate(CUgraph graph) {
        CUgraphExec executable = new CUgraphExec();
        ok(() -> JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        ok(() -> JCudaDriver.cuGraphDestroy(graph));
        return executable;
    }

    @Test
    void aGraphIsReplayed() {
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        CUdeviceptr y = allocate(16);
        CUdeviceptr flag = upload(7f);
        CUstream stream = stream();
        CUgraph graph = capture(stream, () -> {
            ok(() -> launch(scale, 1, 4, 0, stream, x));
            ok(() -> JCudaDriver.cuMemcpyDtoDAsync(y, x, 16, stream));
            ok(() -> JCudaDriver.cuMemsetD32Async(flag, 0, 1, stream));
        });
        long[] nodes = new long[1];
        ok(() -> JCudaDriver.cuGraphGetNodes(graph, null, nodes));
        assertEquals(3, nodes[0]);
        CUgraphExec executable = instantiate(graph);
        assertArrayEquals(new float[] {1, 1, 1, 1}, floats(x, 4), "capturing runs nothing");
        assertArrayEquals(new float[] {7}, floats(flag, 1));
        for (int i = 0; i < 3; i++) ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertArrayEquals(new float[] {1, 8, -27, 64}, floats(y, 4));
        assertArrayEquals(new float[] {0}, floats(flag, 1));
        ok(() -> JCudaDriver.cuGraphExecDestroy(executable));
        fails(
                CUresult.CUDA_ERROR_INVALID_HANDLE,
                () -> JCudaDriver.cuGraphLaunch(executable, stream),
                "no live executable graph");
    }

    @Test
    void replayAfterFree() {
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        CUstream stream = stream();
        CUgraphExec executable = instantiate(capture(stream, () -> ok(() -> launch(scale, 1, 4, 0, stream, x))));
        ok(() -> JCudaDriver.cuMemFree(x));
        ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        fails(
                CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                () -> JCudaDriver.cuStreamSynchronize(stream),
                "kernel scale",
                "use after free");
    }

    @Test
    void aForkMustBeJoined() {
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        CUdeviceptr y = upload(1f, 1f, 1f, 1f);
        CUstream stream = stream();
        CUstream side = stream();
        CUevent fork = event();
        CUevent join = event();
        for (boolean joined : new boolean[] {true, false}) {
            ok(() -> JCudaDriver.cuStreamBeginCapture(stream, GLOBAL));
            ok(() -> JCudaDriver.cuEventRecord(fork, stream));
            ok(() -> JCudaDriver.cuStreamWaitEvent(side, fork, 0));
            ok(() -> launch(scale, 1, 4, 0, side, x));
            ok(() -> launch(scale, 1, 4, 0, stream, y));
            ok(() -> JCudaDriver.cuEventRecord(join, side));
            if (joined) ok(() -> JCudaDriver.cuStreamWaitEvent(stream, join, 0));
            CUgraph graph = new CUgraph();
            if (joined) {
                ok(() -> JCudaDriver.cuStreamEndCapture(stream, graph));
                CUgraphExec executable = instantiate(graph);
                ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
                ok(() -> JCudaDriver.cuStreamSynchronize(stream));
                assertArrayEquals(floats(x, 4), floats(y, 4));
            } else {
                int unjoined = CUresult.CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
                fails(unjoined, () -> JCudaDriver.cuStreamEndCapture(stream, graph), "was not waited for");
            }
        }
    }

    @Test
    void callsThatSpoilACapture() {
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        CUdeviceptr other = new CUdeviceptr();
        CUstream stream = stream();
        int unsupported = CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        spoils(stream, unsupported, () -> JCudaDriver.cuMemAlloc(other, 4));
        spoils(stream, unsupported, () -> JCudaDriver.cuMemFree(x));
        spoils(stream, unsupported, () -> JCudaDriver.cuStreamSynchronize(stream));
        spoils(stream, unsupported, JCudaDriver::cuCtxSynchronize);
        spoils(stream, unsupported, () -> JCudaDriver.cuMemcpyDtoH(Pointer.to(new float[4]), x, 16));
        ByteBuffer pageable = ByteBuffer.allocateDirect(16);
        spoils(stream, unsupported, () -> JCudaDriver.cuMemcpyHtoDAsync(x, Pointer.to(pageable), 16, stream));
        CUmodule loaded = module(GOOD);
        spoils(stream, unsupported, () -> JCudaDriver.cuModuleLoadData(new CUmodule(), GOOD));
        spoils(stream, unsupported, () -> JCudaDriver.cuModuleUnload(loaded));
        CUfunction function = new CUfunction();
        spoils(stream, unsupported, () -> JCudaDriver.cuModuleGetFunction(function, loaded, "warp"));
        ok(() -> JCudaDriver.cuModuleGetFunction(function, loaded, "warp"));
        capture(stream, () -> ok(() -> JCudaDriver.cuModuleGetFunction(function, loaded, "warp")));
        CUevent outside = event();
        ok(() -> JCudaDriver.cuEventRecord(outside, null));
        spoils(stream, unsupported, () -> JCudaDriver.cuEventQuery(outside));
        spoils(stream, unsupported, () -> JCudaDriver.cuEventSynchronize(outside));
        CUgraphExec executable = instantiate(capture(stream, () -> ok(() -> launch(scale, 1, 4, 0, stream, x))));
        spoils(stream, unsupported, () -> JCudaDriver.cuGraphLaunch(executable, stream));
        spoils(stream, unsupported, () -> JCudaDriver.cuGraphExecDestroy(executable));
        ok(() -> JCudaDriver.cuGraphExecDestroy(executable));
        ok(() -> JCudaDriver.cuModuleUnload(loaded));
        CUevent event = event();
        spoils(stream, CUresult.CUDA_ERROR_CAPTURED_EVENT, () -> {
            JCudaDriver.cuEventRecord(event, stream);
            return JCudaDriver.cuEventSynchronize(event);
        });
        CUstream blocking = new CUstream();
        ok(() -> JCudaDriver.cuStreamCreate(blocking, 0));
        spoils(blocking, CUresult.CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, () -> launch(scale, 1, 4, 0, null, x));
        assertArrayEquals(new float[] {1, 1, 1, 1}, floats(x, 4), "the context still works");
    }

    /** The call fails, and so does whatever comes next in this capture, up to its end. */
    private void spoils(CUstream stream, int code, java.util.function.IntSupplier call) {
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, GLOBAL));
        fails(code, call);
        int invalidated = CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        fails(invalidated, () -> launch(scale, 1, 4, 0, stream, 0L), "spoilt");
        fails(invalidated, () -> JCudaDriver.cuStreamEndCapture(stream, new CUgraph()), "spoilt");
    }

    /** A graph may be launched while another stream is captured. */
    @Test
    void aGraphRunsBesideACapture() {
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        CUstream stream = stream();
        CUstream beside = stream();
        CUgraphExec executable = instantiate(capture(stream, () -> ok(() -> launch(scale, 1, 4, 0, stream, x))));
        capture(stream, () -> ok(() -> JCudaDriver.cuGraphLaunch(executable, beside)));
        ok(() -> JCudaDriver.cuStreamSynchronize(beside));
        assertArrayEquals(new float[] {1, 2, -3, 4}, floats(x, 4));
    }

    /** Memory is forgotten after the work that was in the stream before, and at its place in a graph. */
    @Test
    void forgettingWaitsItsTurn() {
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        CUstream stream = stream();
        ok(() -> launch(scale, 1, 4, 0, stream, x));
        ok(() -> JCudaDriver.cuMemcpyDtoDAsync(x, x, 16, stream));
        long handle = SoftwareDevice.address(stream);
        ok(() -> SoftwareDevice.call("gregSimForgetLater", SoftwareDevice.address(x), 8L, handle));
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        ok(() -> launch(scale, 1, 4, 0, stream, x));
        int failed = CUresult.CUDA_ERROR_LAUNCH_FAILED;
        fails(failed, () -> JCudaDriver.cuStreamSynchronize(stream), "kernel scale", "uninitialised memory");
    }

    @Test
    void captureMustHaveBegun() {
        CUstream stream = stream();
        int unmatched = CUresult.CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
        fails(unmatched, () -> JCudaDriver.cuStreamEndCapture(stream, new CUgraph()), "no capture was begun");
        int unsupported = CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        fails(unsupported, () -> JCudaDriver.cuStreamBeginCapture(new CUstream(), GLOBAL), "default stream");
    }
}
