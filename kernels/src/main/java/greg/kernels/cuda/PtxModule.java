package greg.kernels.cuda;

import greg.kernels.KernelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.driver.JITOptions;

/** A PTX file compiled by the driver for the current device, and its entries by name. */
final class PtxModule {
    private static final int LOG_BYTES = 8192;

    private final PtxSource source;
    private final CUmodule module = new CUmodule();
    private final Map<String, CUfunction> functions = new HashMap<>();

    PtxModule(PtxSource source) {
        this.source = source;
        JITOptions options = new JITOptions();
        options.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, new byte[LOG_BYTES]);
        options.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, LOG_BYTES);
        int status = JCudaDriver.cuModuleLoadDataJIT(module, Pointer.to(source.image()), options);
        if (status == CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND) {
            throw new KernelException("cuda: " + source.name() + ".ptx: the driver has no compiler for PTX: "
                    + CudaContext.describe(status)
                    + ". libnvidia-ptxjitcompiler.so.1 is a part of NVIDIA's driver: install"
                    + " it whole; in a container, NVIDIA_DRIVER_CAPABILITIES must include compute");
        }
        if (status != CUresult.CUDA_SUCCESS) {
            String log = options.getString(CUjit_option.CU_JIT_ERROR_LOG_BUFFER);
            throw new KernelException("cuda: the driver rejected " + source.name() + ".ptx: "
                    + CudaContext.describe(status) + "\n" + (log == null ? "" : log.strip())
                    + "\nThe kernels need compute capability 7.0 (8.0 for bf16) and a driver for CUDA 11 or later");
        }
        // all now: drivers may load a module's functions one by one at their first use, which a capture forbids
        for (String entry : source.entries().keySet()) functions.put(entry, resolve(entry));
    }

    /** File name without {@code .ptx}. */
    String name() {
        return source.name();
    }

    /** Parameters of an entry, in order. */
    List<PtxSource.Parameter> parameters(String entry) {
        List<PtxSource.Parameter> parameters = source.entries().get(entry);
        if (parameters == null) {
            throw new KernelException("cuda: " + source.name() + ".ptx has no entry " + entry + ", expected one of "
                    + source.entries().keySet());
        }
        return parameters;
    }

    /** The entry's handle. */
    CUfunction function(String entry) {
        return functions.get(entry);
    }

    private CUfunction resolve(String entry) {
        CUfunction function = new CUfunction();
        int status = JCudaDriver.cuModuleGetFunction(function, module, entry);
        if (status != CUresult.CUDA_SUCCESS) {
            throw new KernelException(
                    "cuda: entry " + entry + " of " + source.name() + ".ptx: " + CudaContext.describe(status));
        }
        return function;
    }

    void unload() {
        JCudaDriver.cuModuleUnload(module);
    }
}
