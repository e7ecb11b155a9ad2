package greg.kernels;

import greg.kernels.cpu.CpuActivations;
import greg.kernels.cuda.CudaActivations;
import java.util.Map;

/**
 * An activation in every order of its elements that a backend knows: kernels must accept the order that the previous one
 * chose.
 */
public final class Layouts {
    private Layouts() {}

    /** Storages of {@code k} with this NCHW content, by the name of the layout. */
    public static Map<String, Storage> all(Backend backend, Workspace k, float[] data, int... dims) {
        return switch (backend.name()) {
            case "cpu" -> CpuActivations.all(backend, k, data, dims);
            case "cuda" -> CudaActivations.all(k, data, dims);
            default -> Map.of("dense", k.put(data));
        };
    }
}
