package greg.kernels.cpu;

import greg.kernels.HostCollectives;
import greg.kernels.Processes;
import greg.kernels.Storage;
import greg.kernels.mpi.Mpi;
import java.nio.FloatBuffer;

/** Between ranks of the CPU backend. What is summed is dense: a layout is a rank's own choice. */
final class CpuCollectives extends HostCollectives {
    /** System property: whether sums run behind the computation; by default if the machine has more cores than all ranks use. */
    private static final String OVERLAP = "greg.mpi.overlap";

    /** Of a rank with so many compute threads. */
    CpuCollectives(Processes group, int threads) {
        super(group, overlaps(threads));
    }

    private static boolean overlaps(int threads) {
        String said = System.getProperty(OVERLAP);
        if (said != null) return Boolean.parseBoolean(said);
        return Runtime.getRuntime().availableProcessors() > threads * Mpi.onThisMachine();
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
