package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.floats;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.stream;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_ALLOC_FAILED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_INTERNAL_ERROR;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_INVALID_VALUE;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The software cuBLAS: what it computes, and every mistake that it refuses. */
class SimulatorCublasTest {
    private static final int WORKSPACE = 1024;

    private SoftwareDevice device;
    private CUstream stream;
    private cublasHandle handle;

    /** A product in the order of cublasGemmEx's arguments; a test changes one of them. */
    private static final class Product {
        int transA = CUBLAS_OP_N;
        int transB = CUBLAS_OP_N;
        int m = 2;
        int n = 2;
        int k = 3;
        int type = cudaDataType.CUDA_R_32F;
        int lda = 2;
        int ldb = 3;
        int ldc = 2;
        int compute = CUBLAS_COMPUTE_32F;
        int algorithm = -1;
        float alpha = 1;
        float beta = 0;
        CUdeviceptr a = upload(1f, 2, 3, 4, 5, 6); // [1 3 5; 2 4 6]
        CUdeviceptr b = upload(1f, 0, 0, 1, 1, 1); // columns (1 0 0) and (1 1 1)
        CUdeviceptr c = allocate(16);

        int run(cublasHandle handle) {
            return JCublas2.cublasGemmEx_new(
                    handle,
                    transA,
                    transB,
                    m,
                    n,
                    k,
                    Pointer.to(new float[] {alpha}),
                    a,
                    type,
                    lda,
                    b,
                    type,
                    ldb,
                    Pointer.to(new float[] {beta}),
                    c,
                    type,
                    ldc,
                    compute,
                    algorithm);
        }
    }

    @BeforeEach
    void open() {
        device = SoftwareDevice.openQuietly();
        SoftwareDevice.loadCublas();
        stream = stream();
        handle = new cublasHandle();
        succeeds(JCublas2.cublasCreate(handle));
        succeeds(JCublas2.cublasSetStream(handle, new cudaStream_t(stream)));
    }

    @AfterEach
    void close() {
        JCublas2.cublasDestroy(handle); // has failed where the test lost the context
        device.close();
    }

    private static void succeeds(int status) {
        assertEquals("CUBLAS_STATUS_SUCCESS", cublasStatus.stringFor(status), SoftwareDevice::lastError);
    }

    private static void refused(int expected, String words, int status) {
        assertEquals(cublasStatus.stringFor(expected), cublasStatus.stringFor(status), SoftwareDevice::lastError);
        String text = JCublas2.cublasGetStatusString(status);
        assertTrue(text.contains(words), "'" + words + "' in: " + text);
    }

    private CUdeviceptr workspace() {
        CUdeviceptr workspace = allocate(WORKSPACE);
        succeeds(JCublas2.cublasSetWorkspace(handle, workspace, WORKSPACE));
        return workspace;
    }

    private void synchronize() {
        ok(() -> JCudaDriver.cuStreamSynchronize(stream));
    }

    @Test
    void columnsAreProducts() {
        Product p = new Product();
        succeeds(p.run(handle));
        synchronize();
        assertArrayEquals(new float[] {1, 2, 9, 12}, floats(p.c, 4));
        p.alpha = 2;
        p.beta = -1;
        succeeds(p.run(handle));
        synchronize();
        assertArrayEquals(new float[] {1, 2, 9, 12}, floats(p.c, 4));
    }

    @Test
    void transposedWithGapsBetweenColumns() {
        Product p = new Product();
        p.transA = CUBLAS_OP_T;
        p.transB = CUBLAS_OP_T;
        p.a = upload(1f, 3, 5, 99, 2, 4, 6); // 3 x 2, and a number that is no part of it
        p.lda = 4;
        p.b = upload(1f, 1, 99, 0, 1, 99, 0, 1); // 2 x 3
        p.ldb = 3;
        p.c = upload(-1f, -1, 99, -1, -1);
        p.ldc = 3;
        succeeds(p.run(handle));
        synchronize();
        assertArrayEquals(new float[] {1, 2, 99, 9, 12}, floats(p.c, 5));
    }

    @Test
    void tf32RoundsTheOperands() {
        float half = Float.intBitsToFloat(0x3f801000); // 1 and half a unit of TF32: rounds away from zero
        float below = Float.intBitsToFloat(0x3f800fff);
        Product p = new Product();
        p.m = p.n = p.k = 1;
        for (float[] pair :
                new float[][] {{half, Float.intBitsToFloat(0x3f802000)}, {below, 1}, {-half, -1.0009766f}}) {
            p.a = upload(pair[0]);
            p.b = upload(1f);
            p.compute = CUBLAS_COMPUTE_32F;
            succeeds(p.run(handle));
            synchronize();
            assertArrayEquals(new float[] {pair[0]}, floats(p.c, 1));
            p.compute = CUBLAS_COMPUTE_32F_FAST_TF32;
            succeeds(p.run(handle));
            synchronize();
            assertArrayEquals(new float[] {pair[1]}, floats(p.c, 1));
        }
    }

    @Test
    void isDeferredCapturedAndReplayed() {
        Product p = new Product();
        workspace();
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        succeeds(p.run(handle));
        CUgraph graph = new CUgraph();
        CUgraphExec executable = new CUgraphExec();
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, graph));
        ok(() -> JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        ok(() -> JCudaDriver.cuGraphDestroy(graph));
        ok(() -> JCudaDriver.cuMemcpyHtoD(p.a, Pointer.to(new float[] {2, 2, 2, 2, 2, 2}), 24));
        ok(() -> JCudaDriver.cuGraphLaunch(executable, stream));
        synchronize();
        assertArrayEquals(new float[] {2, 2, 6, 6}, floats(p.c, 4));
        ok(() -> JCudaDriver.cuGraphExecDestroy(executable));
    }

    @Test
    void captureNeedsAWorkspace() {
        Product p = new Product();
        CUdeviceptr workspace = workspace();
        // setting the stream takes it away
        succeeds(JCublas2.cublasSetStream(handle, new cudaStream_t(stream)));
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        refused(CUBLAS_STATUS_ALLOC_FAILED, "the stream is captured and no workspace is set", p.run(handle));
        succeeds(JCublas2.cublasSetWorkspace(handle, workspace, WORKSPACE));
        succeeds(p.run(handle));
        ok(() -> JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
    }

    @Test
    void handlesAreNeitherMadeNorEndedInACapture() {
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        refused(CUBLAS_STATUS_ALLOC_FAILED, "while a stream is captured", JCublas2.cublasCreate(new cublasHandle()));
        SoftwareDevice.fails(
                CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
                () -> JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
        ok(() -> JCudaDriver.cuStreamBeginCapture(stream, 0));
        refused(CUBLAS_STATUS_INTERNAL_ERROR, "while a stream is captured", JCublas2.cublasDestroy(handle));
        SoftwareDevice.run(() -> JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
    }

    @Test
    void workspaceIsChecked() {
        CUdeviceptr memory = allocate(WORKSPACE);
        int invalid = CUBLAS_STATUS_INVALID_VALUE;
        refused(invalid, "not aligned to 256", JCublas2.cublasSetWorkspace(handle, memory.withByteOffset(128), 256));
        refused(invalid, "crosses the end", JCublas2.cublasSetWorkspace(handle, memory, WORKSPACE + 1));
        refused(invalid, "is empty", JCublas2.cublasSetWorkspace(handle, memory, 0));
        cublasHandle fresh = new cublasHandle();
        succeeds(JCublas2.cublasCreate(fresh));
        refused(invalid, "set the stream first", JCublas2.cublasSetWorkspace(fresh, memory, WORKSPACE));
        refused(invalid, "no stream is set", new Product().run(fresh));
        succeeds(JCublas2.cublasDestroy(fresh));
    }

    @Test
    void workspaceIsUsed() {
        CUdeviceptr workspace = new CUdeviceptr();
        ok(() -> JCudaDriver.cuMemAlloc(workspace, WORKSPACE));
        succeeds(JCublas2.cublasSetWorkspace(handle, workspace, WORKSPACE));
        ok(() -> JCudaDriver.cuMemFree(workspace));
        succeeds(new Product().run(handle));
        SoftwareDevice.fails(
                CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                () -> JCudaDriver.cuStreamSynchronize(stream),
                "cublasGemmEx: workspace");
    }

    @Test
    void deadAndForeignHandles() {
        cublasHandle dead = new cublasHandle();
        succeeds(JCublas2.cublasCreate(dead));
        succeeds(JCublas2.cublasDestroy(dead));
        int none = CUBLAS_STATUS_NOT_INITIALIZED;
        Product p = new Product();
        refused(none, "the handle was destroyed", p.run(dead));
        refused(none, "the handle was destroyed", JCublas2.cublasDestroy(dead));
        refused(none, "the handle was destroyed", JCublas2.cublasSetStream(dead, new cudaStream_t(stream)));
        refused(none, "no handle of cuBLAS", p.run(new cublasHandle()));

        CUdevice zero = new CUdevice();
        ok(() -> JCudaDriver.cuDeviceGet(zero, 0));
        CUcontext other = new CUcontext();
        ok(() -> JCudaDriver.cuCtxCreate(other, 0, zero));
        refused(CUBLAS_STATUS_INVALID_VALUE, "another context", p.run(handle));
        cublasHandle foreign = new cublasHandle();
        succeeds(JCublas2.cublasCreate(foreign));
        refused(
                CUBLAS_STATUS_INVALID_VALUE,
                "the stream belongs to another context",
                JCublas2.cublasSetStream(foreign, new cudaStream_t(stream)));
        succeeds(JCublas2.cublasDestroy(foreign));
        ok(() -> JCudaDriver.cuCtxDestroy(other));
    }

    @Test
    void argumentsAreChecked() {
        int invalid = CUBLAS_STATUS_INVALID_VALUE;
        Product p = new Product();
        p.transA = 7;
        refused(invalid, "operation 7", p.run(handle));
        p = new Product();
        p.n = -1;
        refused(invalid, "negative", p.run(handle));
        p = new Product();
        p.lda = 1;
        refused(invalid, "A: leading dimension 1 of 2 rows", p.run(handle));
        p = new Product();
        p.ldb = 2;
        refused(invalid, "B: leading dimension 2 of 3 rows", p.run(handle));
        p = new Product();
        p.ldc = 1;
        refused(invalid, "C: leading dimension 1 of 2 rows", p.run(handle));
        p = new Product();
        p.transA = CUBLAS_OP_T;
        refused(invalid, "A: leading dimension 2 of 3 rows", p.run(handle));
        p = new Product();
        p.b = new CUdeviceptr();
        refused(invalid, "B: the pointer is null", p.run(handle));
        p = new Product();
        p.a = p.a.withByteOffset(2);
        refused(invalid, "A: the pointer is not aligned", p.run(handle));
        p = new Product();
        p.c = p.a;
        refused(invalid, "C overlaps A or B", p.run(handle));
        p = new Product();
        p.type = cudaDataType.CUDA_R_16F;
        refused(CUBLAS_STATUS_NOT_SUPPORTED, "only CUDA_R_32F", p.run(handle));
        p = new Product();
        p.compute = 0; // a type of data, as old versions took it
        refused(CUBLAS_STATUS_NOT_SUPPORTED, "compute type 0", p.run(handle));
        p = new Product();
        p.algorithm = 3;
        refused(CUBLAS_STATUS_NOT_SUPPORTED, "algorithm 3", p.run(handle));
    }

    private void faults(String words, Product p) {
        assertEquals(CUBLAS_STATUS_SUCCESS, p.run(handle), "it is seen when it runs");
        int code = SoftwareDevice.run(() -> JCudaDriver.cuStreamSynchronize(stream));
        assertTrue(code != CUresult.CUDA_SUCCESS, "a fault");
        assertTrue(SoftwareDevice.lastError().contains(words), SoftwareDevice.lastError());
        assertTrue(p.run(handle) != CUBLAS_STATUS_SUCCESS, "the context is lost");
    }

    @Test
    void readsPastTheEnd() {
        Product p = new Product();
        p.lda = 3;
        faults("cublasGemmEx: A", p);
    }

    @Test
    void writesPastTheEnd() {
        Product p = new Product();
        p.ldc = 3;
        faults("cublasGemmEx: C", p);
    }

    @Test
    void readsWhatNobodyWrote() {
        Product p = new Product();
        p.b = allocate(24);
        faults("cublasGemmEx: B of uninitialised memory", p);
    }

    @Test
    void addsToWhatNobodyWrote() {
        Product p = new Product();
        p.beta = 1;
        faults("cublasGemmEx: C of uninitialised memory", p);
    }
}
