package greg.kernels.cuda;

import greg.kernels.GemmKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GemmSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasOperation;

/**
 * Products by cuBLAS, which takes column-major matrices. A row-major (m, n) matrix is a column-major (n, m) one, so it is
 * asked for c' = op(b)' op(a)', and nothing is transposed.
 */
final class CudaGemm implements GemmKernels, AutoCloseable {
    private static final Pointer ZERO = onHost(0);
    private static final Pointer ONE = onHost(1);

    private final CudaContext context;
    private final DeviceMemory memory;
    private final int precision;
    /** Made by the first product: not every program makes one, and the workspace is large. */
    private Cublas cublas;

    /**
     * Products on a context's stream.
     *
     * @param tf32 whether tensor cores may round the operands to 10 bits of mantissa; otherwise products are float32 throughout
     */
    CudaGemm(CudaContext context, DeviceMemory memory, boolean tf32) {
        this.context = context;
        this.memory = memory;
        precision = tf32 ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32 : cublasComputeType.CUBLAS_COMPUTE_32F;
    }

    /** What was launched, for messages. */
    private record Call(GemmSpec spec) implements Launched {
        @Override
        public String kernel() {
            return "cuBLAS gemm";
        }

        @Override
        public long bytes() {
            long product = (long) spec.m() * spec.n();
            long factors = (long) spec.k() * (spec.m() + spec.n());
            return Float.BYTES * (factors + (spec.accumulate() ? 2 : 1) * product);
        }

        @Override
        public String toString() {
            return "cublasGemmEx of " + spec;
        }
    }

    @Override
    public void gemm(GemmSpec spec, Storage a, Storage b, Storage c) {
        if (cublas == null) cublas = new Cublas(context, memory);
        Call call = new Call(spec);
        CudaStorage left = operand(a);
        CudaStorage right = operand(b);
        CudaStorage product = spec.accumulate() ? operand(c) : CudaStorage.of(c);
        context.uses(product);
        // JCublas2.cublasGemmEx without "_new" has no native half in JCublas 12.6
        int status = JCublas2.cublasGemmEx_new(
                cublas.handle(),
                operation(spec.transB()),
                operation(spec.transA()),
                spec.n(),
                spec.m(),
                spec.k(),
                ONE,
                right.address(),
                cudaDataType.CUDA_R_32F,
                spec.transB() ? spec.k() : spec.n(),
                left.address(),
                cudaDataType.CUDA_R_32F,
                spec.transA() ? spec.m() : spec.k(),
                spec.accumulate() ? ONE : ZERO,
                product.address(),
                cudaDataType.CUDA_R_32F,
                spec.n(),
                precision,
                cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
        if (status != 0) Cublas.check(call.toString(), status);
        product.wrotePlain();
        context.launched(call);
    }

    private CudaStorage operand(Storage storage) {
        CudaStorage dense = CudaStorage.dense(storage);
        context.uses(dense);
        return dense;
    }

    private static int operation(boolean transposed) {
        return transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    /** A factor that cuBLAS reads during the call. */
    private static Pointer onHost(float value) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
        return Pointer.to(buffer.putFloat(0, value).asFloatBuffer());
    }

    @Override
    public void close() {
        if (cublas != null) cublas.close();
        cublas = null;
    }
}
