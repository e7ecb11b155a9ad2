package greg.kernels.cuda;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendProvider;
import greg.kernels.LibraryStatus;
import java.util.List;

/**
 * Offers the GPU. While convolutions and batch normalization are missing from {@link CudaBackend}, no network can be
 * trained on it, so it reports itself unavailable: {@code auto} must not choose it. Tests of its kernels
 * enable it with system property {@value #KERNELS_ONLY}.
 */
public final class CudaProvider implements BackendProvider {
    static final String KERNELS_ONLY = "greg.cuda.kernels-only";

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
        if (!Boolean.getBoolean(KERNELS_ONLY)) {
            return "CUDA: this build does not use cuDNN yet, which convolutions and batch normalization need on a GPU; use"
                    + " device = cpu";
        }
        String why = CudaLibraries.whyNoDriver();
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
