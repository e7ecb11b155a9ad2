package greg.kernels.reference;

import greg.kernels.HostCollectives;
import greg.kernels.Processes;
import greg.kernels.Storage;
import java.nio.FloatBuffer;

/** Between ranks whose storages are Java arrays. */
final class ReferenceCollectives extends HostCollectives {
    ReferenceCollectives(Processes group) {
        super(group, false);
    }

    @Override
    protected void read(Storage values, FloatBuffer into) {
        into.put(ReferenceStorage.floats(values));
    }

    @Override
    protected void write(FloatBuffer from, Storage values) {
        from.get(ReferenceStorage.floatsOut(values));
    }
}
