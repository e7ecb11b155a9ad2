package greg.kernels.cuda;

import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.LinkedHashMap;
import java.util.Map;

/** Activations of the cuda backend in each of its layouts, for tests of all backends. */
public final class CudaActivations {
    private CudaActivations() {}

    /** Storages of {@code k} with this NCHW content, one for each layout that differs from the others. */
    public static Map<String, Storage> all(Workspace k, float[] data, int... dims) {
        Map<String, Storage> all = new LinkedHashMap<>();
        for (CudaLayout layout : CudaLayout.values()) {
            if (dims.length == 4 || layout == CudaLayout.NCHW)
                all.put(layout.name(), new Gpu().put(k, layout, data, dims));
        }
        return all;
    }
}
