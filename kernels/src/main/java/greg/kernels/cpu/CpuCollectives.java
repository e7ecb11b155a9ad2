package greg.kernels.cpu;

import greg.kernels.HostCollectives;
import greg.kernels.Processes;
import greg.kernels.Storage;
import java.nio.FloatBuffer;

/** Between ranks of the CPU backend. What is summed is dense: a layout is a rank's own choice. */
final class CpuCollectives extends HostCollectives {
    CpuCollectives(Processes group) {
        super(group);
    }

    @Override
    protected void read(Storage values, FloatBuffer into) {
        CpuStorage.dense(values).block.read(values.length(), into);
    }

    @Override
    protected void write(FloatBuffer from, Storage values) {
        CpuStorage storage = CpuStorage.dense(values);
        storage.block.write(values.length(), from);
        storage.wrotePlain();
    }
}
