package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.fails;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.stream;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.Callback;
import com.sun.jna.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The hooks for other simulated libraries: work on streams, and checks of the memory that it touches. */
class SimulatorExtensionTest {
    private SoftwareDevice device;
    private int runs;
    private int releases;

    /** Work of a library. */
    private interface Work extends Callback {
        int invoke(Pointer argument);
    }

    /** Called when work will never run again. */
    private interface Release extends Callback {
        void invoke(Pointer argument);
    }

    @BeforeEach
    void open() {
        device = SoftwareDevice.openQuietly();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static int submit(CUstream stream, Work work, Release release) {
        Pointer handle = new Pointer(SoftwareDevice.address(stream));
        return SoftwareDevice.call("gregSimSubmit", handle, work, new Pointer(8), release);
    }

    private static int check(String function, CUdeviceptr memory, long bytes) {
        return SoftwareDevice.call(function, SoftwareDevice.address(memory), bytes, "conv2d: weight");
    }

    @Test
    void workIsDeferredCapturedAndReleased() {
        CUstream stream = stream();
        Work work = argument -> {
            assertEquals(8, Pointer.nativeValue(argument));
            runs++;
            return 0;
        };
        Release release = argument -> releases++;
        ok(() -> submit(stream, work, release));
        assertEquals(0, runs, "nobody has waited yet");
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertEquals(1, runs);
        assertEquals(1, releases);

        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        ok(() -> submit(stream, work, release));
        CUgraph graph = new CUgraph();
        CUgraphExec executable = new CUgraphExec();
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, graph));
        ok(() -> JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        ok(() -> JCudaDriver.cuGraphDestroy(graph));
        assertEquals(1, runs, "capturing runs nothing");
        for (int i = 0; i < 3; i++) ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertEquals(4, runs);
        assertEquals(1, releases, "it may run again");
        ok(() -> JCudaDriver.cuGraphExecDestroy(executable));
        assertEquals(2, releases);
    }

    @Test
    void operandsAreChecked() {
        CUdeviceptr written = upload(1f, 2f);
        CUdeviceptr fresh = allocate(8);
        ok(() -> check("gregSimRead", written, 8));
        int address = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
        fails(address, () -> check("gregSimRead", written, 9), "conv2d: weight", "crosses the end of allocation");
        int failed = CUresult.CUDA_ERROR_LAUNCH_FAILED;
        fails(failed, () -> check("gregSimRead", fresh, 8), "conv2d: weight of uninitialised memory");
        ok(() -> check("gregSimWrite", fresh, 8));
        ok(() -> check("gregSimRead", fresh, 8));
    }

    @Test
    void workThatFailsLosesTheContext() {
        CUstream stream = stream();
        CUdeviceptr fresh = allocate(8);
        Work work = argument -> check("gregSimRead", fresh, 8);
        ok(() -> submit(stream, work, null));
        int failed = CUresult.CUDA_ERROR_LAUNCH_FAILED;
        fails(failed, () -> JCudaDriver.cuStreamSynchronize(stream), "conv2d: weight", "byte 0 of allocation");
        fails(failed, () -> JCudaDriver.cuMemAlloc(new CUdeviceptr(), 8), "the context is lost since");
    }
}
