package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.fails;
import static greg.kernels.cuda.simulator.SoftwareDevice.floats;
import static greg.kernels.cuda.simulator.SoftwareDevice.function;
import static greg.kernels.cuda.simulator.SoftwareDevice.launch;
import static greg.kernels.cuda.simulator.SoftwareDevice.module;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.run;
import static greg.kernels.cuda.simulator.SoftwareDevice.source;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import jcuda.driver.JITOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong calls of the driver, invalid modules and invalid launches. */
class SimulatorDriverTest {
    private static final int VALUE = CUresult.CUDA_ERROR_INVALID_VALUE;
    private static final String GOOD = source("good.ptx");
    private SoftwareDevice device;

    @BeforeEach
    void open() {
        device = SoftwareDevice.openQuietly();
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void saysWhatItIs() {
        int[] value = new int[1];
        CUdevice first = new CUdevice();
        ok(() -> JCudaDriver.cuDeviceGet(first, 0));
        int warp = CUdevice_attribute.CU_DEVICE_ATTRIBUTE_WARP_SIZE;
        ok(() -> JCudaDriver.cuDeviceGetAttribute(value, warp, first));
        assertEquals(32, value[0]);
        int major = CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
        ok(() -> JCudaDriver.cuDeviceGetAttribute(value, major, first));
        assertEquals(9, value[0]);
        fails(CUresult.CUDA_ERROR_INVALID_DEVICE, () -> JCudaDriver.cuDeviceGet(first, 1), "device 1 of 1");
    }

    @Test
    void liveBytesComeBack() {
        long[] before = new long[1];
        long[] free = new long[1];
        long[] total = new long[1];
        ok(() -> JCudaDriver.cuMemGetInfo(before, total));
        CUdeviceptr memory = allocate(1 << 20);
        ok(() -> JCudaDriver.cuMemGetInfo(free, total));
        assertEquals(before[0] - (1 << 20), free[0]);
        ok(() -> JCudaDriver.cuMemFree(memory));
        ok(() -> JCudaDriver.cuMemGetInfo(free, total));
        assertEquals(before[0], free[0]);
        fails(CUresult.CUDA_ERROR_OUT_OF_MEMORY, () -> JCudaDriver.cuMemAlloc(memory, total[0] + 1), "are free");
    }

    @Test
    void doubleFree() {
        CUdeviceptr memory = allocate(100);
        CUdeviceptr inside = memory.withByteOffset(4);
        fails(VALUE, () -> JCudaDriver.cuMemFree(inside), "never allocated");
        ok(() -> JCudaDriver.cuMemFree(memory));
        fails(VALUE, () -> JCudaDriver.cuMemFree(memory), "double free");
    }

    @Test
    void copiesOutOfBounds() {
        CUdeviceptr memory = upload(1f, 2f);
        int address = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
        fails(
                address,
                () -> JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(new float[3]), 12),
                "crosses the end of allocation");
        fails(address, () -> JCudaDriver.cuMemsetD8(memory.withByteOffset(9), (byte) 0, 1), "1 bytes past the end");
        fails(VALUE, () -> JCudaDriver.cuMemcpyDtoH(memory, memory, 8), "a host pointer is expected");
        assertArrayEquals(new float[] {1, 2}, floats(memory, 2), "a refused copy loses no context");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 32, 0, a grid",
        "1, 0, 0, a block",
        "1, 2048, 0, 1024 at most",
        "1, 512, 0, .maxntid",
        "1, 32, 60000, shared memory",
        "1, 32, 16, which it never uses"
    })
    void launchLimits(int grid, int block, int shared, String words) {
        CUdeviceptr x = upload(1f);
        CUfunction kernel = function(GOOD, "vector_add");
        fails(VALUE, () -> launch(kernel, grid, block, shared, null, x, x, x, 1), "kernel vector_add", words);
    }

    @Test
    void moreSharedMemoryOnlyWhenAskedFor() {
        CUdeviceptr in = upload(new int[32]);
        CUdeviceptr out = allocate(128);
        CUfunction kernel = function(GOOD, "reverse");
        int attribute = CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        fails(VALUE, () -> launch(kernel, 1, 32, 65536, null, in, out), "65536 dynamic bytes");
        ok(() -> JCudaDriver.cuFuncSetAttribute(kernel, attribute, 65536));
        ok(() -> launch(kernel, 1, 32, 65536, null, in, out));
        fails(VALUE, () -> JCudaDriver.cuFuncSetAttribute(kernel, attribute, 200000), "200000");
    }

    @Test
    void parametersOfTheWrongSize() {
        CUfunction kernel = function(GOOD, "scale");
        CUdeviceptr x = upload(1f, 1f, 1f, 1f);
        Pointer none = new Pointer();
        fails(
                VALUE,
                () -> JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 4, 1, 1, 0, null, none, null),
                "has 1 parameters, none are given");
        long[] bytes = {SoftwareDevice.address(x), 0};
        for (int size : new int[] {8, 16, 4}) {
            Pointer extra = Pointer.to(
                    JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER,
                    Pointer.to(bytes),
                    JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE,
                    Pointer.to(new long[] {size}),
                    JCudaDriver.CU_LAUNCH_PARAM_END);
            if (size == 8) {
                ok(() -> JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 4, 1, 1, 0, null, null, extra));
            } else {
                fails(
                        VALUE,
                        () -> JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 4, 1, 1, 0, null, null, extra),
                        "kernel scale takes 8 bytes of parameters, given are " + size);
            }
        }
        assertArrayEquals(new float[] {1, 2, -3, 4}, floats(x, 4), "exactly one launch went through");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ld.param.u64 %r, [n]; | PTX line 7: ld.param.u64: it reads 8 bytes at 0 of parameter n, which has 4",
                "frobnicate.u32 %r, 1; | PTX line 7: frobnicate.u32: the simulator does not know this instruction",
                "add.rn.u32 %r, %r, 1; | PTX line 7: add.rn.u32: modifier .rn is not supported",
                "add.u32 %r, %s, 1; | PTX line 7: no register %s",
                "add.u32 %r, 1; | PTX line 7: add.u32: it has 2 operands, expected 3",
                "add.u64 %r, %r, 1; | PTX line 7: add.u64: it takes 64 bits, register %r has 32",
                "bra NOWHERE; | PTX line 7: no label NOWHERE",
                "ld.global.f32 %r, [nowhere]; | operand 2 must be an address",
                "mov.u32 %r 1; | PTX line 7: expected ',', found '1'"
            })
    void mistakesInTheText(String statement, String message) {
        String text = ".version 7.0\n.target sm_70\n.address_size 64\n.visible .entry k(.param .u32 n)\n{\n"
                + ".reg .b32 %r;\n" + statement + "\nret;\n}\n";
        CUmodule module = new CUmodule();
        fails(CUresult.CUDA_ERROR_INVALID_PTX, () -> JCudaDriver.cuModuleLoadData(module, text), message);
    }

    @Test
    void mistakesGoIntoTheLog() {
        byte[] text = ".version 7.0\n.target sm_70\n.entry k() { bra X; }\0".getBytes(StandardCharsets.UTF_8);
        JITOptions options = new JITOptions();
        options.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, new byte[500]);
        options.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, 500);
        CUmodule module = new CUmodule();
        fails(
                CUresult.CUDA_ERROR_INVALID_PTX,
                () -> JCudaDriver.cuModuleLoadDataJIT(module, Pointer.to(text), options),
                "no label X");
        String log = options.getString(CUjit_option.CU_JIT_ERROR_LOG_BUFFER);
        assertTrue(log.contains("PTX line 3: no label X"), log);
    }

    @Test
    void modulesForOtherDevices() {
        CUmodule module = new CUmodule();
        fails(
                CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
                () -> JCudaDriver.cuModuleLoadData(module, ".version 8.7\n.target sm_100\n"),
                "sm_100, the device is sm_90");
    }

    @Test
    void handlesThatAreNoMore() {
        CUmodule module = module(GOOD);
        CUfunction kernel = new CUfunction();
        fails(
                CUresult.CUDA_ERROR_NOT_FOUND,
                () -> JCudaDriver.cuModuleGetFunction(kernel, module, "nothing"),
                "no kernel nothing; there are: block_sum");
        ok(() -> JCudaDriver.cuModuleGetFunction(kernel, module, "scale"));
        ok(() -> JCudaDriver.cuModuleUnload(module));
        int handle = CUresult.CUDA_ERROR_INVALID_HANDLE;
        fails(handle, () -> launch(kernel, 1, 1, 0, null, upload(1f)), "no live function");
        CUstream stream = new CUstream();
        ok(() -> JCudaDriver.cuStreamCreate(stream, 0));
        ok(() -> JCudaDriver.cuStreamDestroy(stream));
        fails(handle, () -> JCudaDriver.cuStreamSynchronize(stream), "no live stream any more: it was destroyed");
        CUstream another = new CUstream();
        ok(() -> JCudaDriver.cuStreamCreate(another, 0));
        fails(handle, () -> JCudaDriver.cuStreamSynchronize(stream), "it was destroyed");
        fails(handle, () -> JCudaDriver.cuStreamDestroy(stream), "it was destroyed");
    }

    /** Each kind of handle, used and destroyed again after its destruction. */
    @Test
    void destroyedTwice() {
        int handle = CUresult.CUDA_ERROR_INVALID_HANDLE;
        CUmodule module = module(GOOD);
        ok(() -> JCudaDriver.cuModuleUnload(module));
        fails(handle, () -> JCudaDriver.cuModuleUnload(module), "no live module any more");
        fails(handle, () -> JCudaDriver.cuModuleGetFunction(new CUfunction(), module, "scale"), "no live module");
        CUevent event = new CUevent();
        ok(() -> JCudaDriver.cuEventCreate(event, 0));
        ok(() -> JCudaDriver.cuEventDestroy(event));
        fails(handle, () -> JCudaDriver.cuEventDestroy(event), "no live event any more");
        fails(handle, () -> JCudaDriver.cuEventRecord(event, null), "no live event any more");
        CUstream stream = SoftwareDevice.stream();
        CUgraph graph = new CUgraph();
        CUgraphExec executable = new CUgraphExec();
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL));
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, graph));
        ok(() -> JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        ok(() -> JCudaDriver.cuGraphDestroy(graph));
        fails(handle, () -> JCudaDriver.cuGraphDestroy(graph), "no live graph any more");
        fails(handle, () -> JCudaDriver.cuGraphInstantiate(new CUgraphExec(), graph, 0), "no live graph any more");
        ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        ok(() -> JCudaDriver.cuGraphExecDestroy(executable));
        fails(handle, () -> JCudaDriver.cuGraphExecDestroy(executable), "no live executable graph any more");
        fails(handle, () -> JCudaDriver.cuGraphLaunch(executable, stream), "no live executable graph any more");
        fails(handle, () -> JCudaDriver.cuGraphDestroy(new CUgraph()), "never was");
        CUcontext context = new CUcontext();
        ok(() -> JCudaDriver.cuCtxCreate(context, 0, new CUdevice()));
        ok(() -> JCudaDriver.cuCtxDestroy(context));
        int invalid = CUresult.CUDA_ERROR_INVALID_CONTEXT;
        fails(invalid, () -> JCudaDriver.cuCtxDestroy(context), "no live context any more");
        fails(invalid, () -> JCudaDriver.cuCtxPushCurrent(context), "no live context any more");
    }

    @Test
    void theContextMustBeCurrent() {
        CUcontext mine = new CUcontext();
        ok(() -> JCudaDriver.cuCtxPopCurrent(mine));
        // the backend of earlier tests in this process keeps its context below
        CUcontext below = new CUcontext();
        boolean more = run(() -> JCudaDriver.cuCtxPopCurrent(below)) == CUresult.CUDA_SUCCESS;
        CUdeviceptr memory = new CUdeviceptr();
        fails(CUresult.CUDA_ERROR_INVALID_CONTEXT, () -> JCudaDriver.cuMemAlloc(memory, 4), "no context is current");
        if (more) ok(() -> JCudaDriver.cuCtxPushCurrent(below));
        ok(() -> JCudaDriver.cuCtxPushCurrent(mine));
    }

    @Test
    void whatIsNotThereSaysSo() {
        CUdeviceptr memory = new CUdeviceptr();
        fails(
                CUresult.CUDA_ERROR_NOT_SUPPORTED,
                () -> JCudaDriver.cuMemAllocManaged(memory, 4, 1),
                "cuMemAllocManaged",
                "does not have this function");
    }
}
