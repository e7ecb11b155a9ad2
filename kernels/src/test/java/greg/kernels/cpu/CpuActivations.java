package greg.kernels.cpu;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.LinkedHashMap;
import java.util.Map;

/** Activations of the cpu backend in each of its layouts, for tests of all backends. */
public final class CpuActivations {
    private CpuActivations() {}

    /** Storages of {@code k} with this NCHW content, one for each layout that differs from the others. */
    public static Map<String, Storage> all(Backend backend, Workspace k, float[] data, int... dims) {
        Map<String, Storage> all = new LinkedHashMap<>();
        CpuStorage dense = CpuStorage.of(k.put(data));
        all.put(dense.layout().name(), dense);
        for (Layout layout : Layout.values()) {
            Layout canonical = dims.length == 4 ? layout.canonical(dims[1], dims[2] * dims[3]) : Layout.PLAIN;
            boolean fits = canonical != Layout.BLOCKED16 || dims[1] % Layout.BLOCK == 0;
            if (!fits || all.containsKey(canonical.name())) continue;
            CpuStorage target = CpuStorage.of(k.out(dims));
            ((CpuBackend) backend).reorders().reorder(dense, dims[0], dims[1], dims[2], dims[3], canonical, target);
            all.put(canonical.name(), target);
        }
        return all;
    }
}
