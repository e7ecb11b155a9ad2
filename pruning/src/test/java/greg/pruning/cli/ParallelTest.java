package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.kernels.Mpirun;
import greg.nn.StateDict;
import greg.nn.io.Safetensors;
import greg.pruning.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --parallel} with real processes of {@code mpirun}. */
class ParallelTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temp;

    private Mpirun two;

    @BeforeEach
    void needsMpirun() {
        two = new Mpirun(2, temp).with("-Dgreg.threads=1");
    }

    /** LeNet-5, which has no batch normalization: two processes take the steps of one. */
    private List<String> prune(Path out) throws IOException {
        return SmallRuns.command("prune", temp, out, "--method", "GReg-2");
    }

    private static List<String> parallel(List<String> command) {
        List<String> words = new ArrayList<>(command);
        words.add("--parallel");
        return words;
    }

    private static JsonNode plan(Path run) throws IOException {
        return JSON.readTree(run.resolve("plan.json").toFile());
    }

    private static void assertClose(Path expected, Path actual) {
        StateDict e = Safetensors.read(expected.resolve("checkpoint/latest.safetensors"))
                .state();
        StateDict a = Safetensors.read(actual.resolve("checkpoint/latest.safetensors"))
                .state();
        assertEquals(e.names(), a.names());
        for (String name : e.names()) {
            float[] ours = a.get(name).values();
            float[] theirs = e.get(name).values();
            for (int i = 0; i < ours.length; i++) assertEquals(theirs[i], ours[i], 2e-4, name + " " + i);
        }
    }

    @Test
    void twoProcessesPickAndTrainLikeOne() throws Exception {
        Path alone = temp.resolve("alone");
        SmallRuns.run(prune(alone), 0);
        Path together = temp.resolve("together");
        Mpirun.Result result = two.run(Main.class, parallel(prune(together)).toArray(new String[0]));
        assertEquals(0, result.code(), result.output());
        assertEquals(plan(alone), plan(together));
        assertClose(alone, together);
        assertEquals(
                RunFolders.files(alone).size(),
                RunFolders.files(together).size(),
                "one process alone writes the folder");
        assertEquals(
                1,
                result.output().lines().filter(l -> l.startsWith("run folder:")).count(),
                result.output());
    }

    @Test
    void aProcessThatIsKilledEndsTheOthersAndTheRunIsResumed() throws Exception {
        Path whole = temp.resolve("whole");
        assertEquals(
                0,
                two.run(Main.class, parallel(prune(whole)).toArray(new String[0]))
                        .code());
        Path out = temp.resolve("out");
        Process mpirun = two.start(Main.class, parallel(prune(out)));
        Path state = out.resolve(RunState.FILE);
        FileTime seen = null;
        for (int saved = 0; saved < 12 && mpirun.isAlive(); ) {
            FileTime now = Files.exists(state) ? Files.getLastModifiedTime(state) : null;
            if (now != null && !now.equals(seen)) saved++;
            seen = now;
        }
        ProcessHandle victim = mpirun.descendants()
                .filter(p -> p.info().command().orElse("").endsWith("java"))
                .reduce((first, last) -> last)
                .orElseThrow();
        victim.destroyForcibly();
        Mpirun.Result result = two.end(mpirun);
        assertNotEquals(0, result.code());
        assertTrue(result.output().contains("exited on signal 9"), result.output());
        Path copy = RunFolders.copy(out, temp.resolve("copy"));
        Mpirun.Result resumed = two.run(Main.class, "prune", "--resume", out.toString(), "--parallel");
        assertEquals(0, resumed.code(), resumed.output());
        assertTrue(resumed.output().contains("resuming"), resumed.output());
        RunFolders.assertSame(whole, out);
        Cli alone = Cli.run("prune", "--resume", copy.toString());
        assertEquals(0, alone.code(), alone.err());
        assertEquals(plan(whole), plan(copy));
        assertClose(whole, copy);
    }

    @Test
    void processesThatDifferSaySoBeforeAnyWork() throws Exception {
        Path out = temp.resolve("out");
        List<String> train = SmallRuns.command("train", temp, out);
        List<String> other = new ArrayList<>(train);
        other.set(other.indexOf("0.05"), "0.06");
        Mpirun.Result result = two.end(two.startEach(Main.class, List.of(parallel(train), parallel(other))));
        assertEquals(2, result.code(), result.output());
        assertTrue(
                result.output().contains("greg: rank 1: --parallel: options.lr is \"0.06\", rank 0 has \"0.05\";"),
                result.output());
        assertFalse(Files.exists(out.resolve("config.json")));
    }

    @Test
    void anErrorThatAllHaveIsSaidOnce() throws Exception {
        Mpirun.Result result = two.run(Main.class, "train", "--arch", "lenet6", "--parallel");
        assertEquals(2, result.code(), result.output());
        assertEquals(
                1, result.output().lines().filter(l -> l.startsWith("greg: ")).count(), result.output());
    }

    @Test
    void withoutMpiTheReasonIsSaid() throws Exception {
        Mpirun.Result result = new Mpirun(1, temp)
                .with("-Dgreg.mpi=" + temp.resolve("libmpi.so"))
                .run(Main.class, "train", "--arch", "lenet5", "--parallel");
        assertTrue(result.output().contains("greg: MPI: no " + temp.resolve("libmpi.so")), result.output());
        assertEquals(1, result.code(), result.output());
    }
}
