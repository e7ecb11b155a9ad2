package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * cuBLAS on a context's stream. It has a workspace of its own, since a product that is captured must not allocate one, and
 * since one workspace and one stream are what NVIDIA promises equal bits for.
 */
final class Cublas implements AutoCloseable {
    /** What NVIDIA recommends, from compute capability 9.0 on and before. */
    private static final int WORKSPACE_BYTES_HOPPER = 32 << 20;

    private static final int WORKSPACE_BYTES = 4 << 20;

    private final CudaContext context;
    private final cublasHandle handle = new cublasHandle();
    private final CudaStorage workspace;

    /**
     * Initialises it.
     *
     * @throws KernelException if cuBLAS is missing, or a step is being captured
     */
    Cublas(CudaContext context, DeviceMemory memory) {
        String why = CudaLibraries.whyNoCublas();
        if (why != null) throw new KernelException(why);
        if (context.capturing()) {
            throw new KernelException(
                    "cuda: cuBLAS is not initialized yet, which a captured step cannot do: run the step"
                            + " once before capturing");
        }
        this.context = context;
        context.enter();
        check("initializing cuBLAS", JCublas2.cublasCreate(handle));
        workspace = memory.take(DType.UINT8, context.computeMajor() >= 9 ? WORKSPACE_BYTES_HOPPER : WORKSPACE_BYTES);
        // in this order: setting the stream takes the workspace away
        check("cublasSetStream", JCublas2.cublasSetStream(handle, new cudaStream_t(context.stream())));
        check("cublasSetWorkspace", JCublas2.cublasSetWorkspace(handle, workspace.address(), workspace.bytes()));
    }

    /** The handle, for a call that is about to be made; its context is current. */
    cublasHandle handle() {
        context.enter();
        context.uses(workspace);
        return handle;
    }

    /** Throws unless {@code status} means success; the error says what was tried, and cuBLAS's name and text. */
    static void check(String what, int status) {
        if (status == cublasStatus.CUBLAS_STATUS_SUCCESS) return;
        throw new KernelException("cuda: " + what + " failed: " + cublasStatus.stringFor(status) + ": "
                + JCublas2.cublasGetStatusString(status));
    }

    @Override
    public void close() {
        context.enter();
        // after a fault this fails like everything else, and the context's end frees what the handle holds
        JCublas2.cublasDestroy(handle);
        workspace.release();
    }
}
