package greg.kernels.reference;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendProvider;

/** Offers the reference backend, which needs nothing but Java. */
public final class ReferenceProvider implements BackendProvider {
    @Override
    public String kind() {
        return "reference";
    }

    @Override
    public int priority() {
        return 10;
    }

    @Override
    public String unavailable() {
        return null;
    }

    @Override
    public String describe() {
        return ReferenceBackend.DEVICE.name() + " (" + ReferenceBackend.DEVICE.details() + ")";
    }

    @Override
    public Backend open(BackendOptions options) {
        options.requireFloat32("reference");
        return new ReferenceBackend(options.processes());
    }
}
