package greg.kernels.cuda;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendProvider;
import greg.kernels.LibraryStatus;
import java.util.List;

/** Opens GPUs of NVIDIA, where the driver, cuBLAS and cuDNN are found. */
public final class CudaProvider implements BackendProvider {
    @Override
    public String kind() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 30;
    }

    @Override
    public String unavailable() {
        String why = CudaLibraries.whyNot();
        return why != null ? why : CudaContext.whyNoDevice();
    }

    @Override
    public String describe() {
        try (CudaContext context = new CudaContext(0)) {
            return context.deviceName() + " (" + context.details() + ")";
        }
    }

    @Override
    public List<LibraryStatus> libraries() {
        return CudaLibraries.status();
    }

    @Override
    public Backend open(BackendOptions options) {
        return new CudaBackend(options);
    }
}
