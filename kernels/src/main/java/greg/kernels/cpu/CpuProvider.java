package greg.kernels.cpu;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendProvider;
import greg.kernels.Precision;

/** Offers the oneDNN backend where its natives are on the class path and load. */
public final class CpuProvider implements BackendProvider {
    @Override
    public String kind() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 20;
    }

    @Override
    public String unavailable() {
        return OneDnn.whyNot(BackendOptions.standard().resolvedThreads());
    }

    @Override
    public String describe() {
        return CpuName.get() + ", " + BackendOptions.standard().resolvedThreads() + " threads (" + OneDnn.details()
                + (OneDnn.whyNot(Precision.BF16) == null ? " or bfloat16)" : ")");
    }

    @Override
    public Backend open(BackendOptions options) {
        return new CpuBackend(options);
    }
}
