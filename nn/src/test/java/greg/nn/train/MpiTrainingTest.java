package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Mpirun;
import greg.kernels.Processes;
import greg.kernels.Ranks;
import greg.kernels.mpi.Mpi;
import greg.nn.StateDict;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes of {@code mpirun} train to the bit what two threads do, whose sums are added in plain sight. */
class MpiTrainingTest {
    @TempDir
    private Path folder;

    /** A process. */
    static final class Program {
        public static void main(String[] arguments) {
            try (Mpi mpi = Mpi.join(true)) {
                System.out.println("trained " + mpi.rank() + ": " + hash(mpi));
            }
        }
    }

    private static int hash(Processes group) {
        StateDict network = ParallelTrainingTest.train("resnet8", group);
        int hash = 1;
        for (String name : network.names()) {
            hash = 31 * hash + Arrays.hashCode(network.get(name).values());
        }
        return hash;
    }

    @Test
    void processesTrainLikeThreads() throws Exception {
        List<Integer> threads = Ranks.run(2, true, MpiTrainingTest::hash);
        String output = new Mpirun(2, folder).run(Program.class).output();
        List<String> lines = output.lines()
                .filter(line -> line.startsWith("trained"))
                .sorted()
                .toList();
        assertEquals(List.of("trained 0: " + threads.get(0), "trained 1: " + threads.get(1)), lines, output);
    }
}
