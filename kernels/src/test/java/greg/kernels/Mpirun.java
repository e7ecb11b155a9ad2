package greg.kernels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Programs of the tests under {@code mpirun}; where there is none, the test is skipped and says so. */
public final class Mpirun {
    private final int processes;
    private final Path log;
    private final List<String> flags = new ArrayList<>();

    /**
     * What came of a program.
     *
     * @param code exit code of mpirun
     * @param output of all processes
     */
    public record Result(int code, String output) {}

    /** {@code folder} gets the output. */
    public Mpirun(int processes, Path folder) {
        this.processes = processes;
        log = folder.resolve("mpirun.txt");
        boolean there = false;
        for (String path : System.getenv().getOrDefault("PATH", "").split(":")) {
            there |= Files.isExecutable(Path.of(path).resolve("mpirun"));
        }
        Assumptions.assumeTrue(there, "there is no mpirun (on Debian: openmpi-bin)");
    }

    /** Further flags of the JVMs. */
    public Mpirun with(String... jvm) {
        flags.addAll(List.of(jvm));
        return this;
    }

    /** Runs to the end. */
    public Result run(Class<?> program, String... arguments) throws IOException, InterruptedException {
        return end(start(program, List.of(arguments)));
    }

    /** Starts it. */
    public Process start(Class<?> program, List<String> arguments) throws IOException {
        return start(List.of(command(processes, program, arguments)));
    }

    /** Starts programs that differ, one process each. */
    public Process startEach(Class<?> program, List<List<String>> arguments) throws IOException {
        List<List<String>> all = new ArrayList<>();
        for (List<String> own : arguments) all.add(command(1, program, own));
        return start(all);
    }

    private List<String> command(int count, Class<?> program, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of("-n", Integer.toString(count)));
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", System.getProperty("java.class.path")));
        words.addAll(flags);
        words.add(program.getName());
        words.addAll(arguments);
        return words;
    }

    private Process start(List<List<String>> programs) throws IOException {
        List<String> words = new ArrayList<>(List.of("mpirun", "--oversubscribe", "--bind-to", "none"));
        for (int i = 0; i < programs.size(); i++) {
            if (i > 0) words.add(":");
            words.addAll(programs.get(i));
        }
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        builder.environment().put("OMPI_MCA_rmaps_base_oversubscribe", "1");
        return builder.start();
    }

    /** Waits for its end. */
    public Result end(Process mpirun) throws IOException, InterruptedException {
        int code = mpirun.waitFor();
        return new Result(code, Files.readString(log, StandardCharsets.UTF_8));
    }
}
