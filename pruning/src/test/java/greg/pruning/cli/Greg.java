package greg.pruning.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code greg} as a process of its own. */
final class Greg implements AutoCloseable {
    private final Process process;
    private final Path out;
    private final Path err;

    private Greg(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** The command line of a JVM that runs it; the system properties that choose a device in tests are passed on. */
    static List<String> command(List<String> jvm, String... args) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx512m"));
        for (String name : List.of("device", "precision", "deterministic", "cuda.libraries", "cuda.measured")) {
            String value = System.getProperty("greg." + name);
            if (value != null) command.add("-Dgreg." + name + "=" + value);
        }
        command.addAll(jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(args));
        return command;
    }

    /** Starts it; its output goes to files in {@code temp}. */
    static Greg start(Path temp, List<String> jvm, String... args) throws Exception {
        Path out = Files.createTempFile(temp, "greg", ".out");
        Path err = Files.createTempFile(temp, "greg", ".err");
        Process process = new ProcessBuilder(command(jvm, args))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Greg(process, out, err);
    }

    boolean alive() {
        return process.isAlive();
    }

    /** The process that it has started with this word among its arguments. */
    ProcessHandle child(String word) {
        return process.children()
                .filter(child -> arguments(child).contains(word))
                .findFirst()
                .orElseThrow();
    }

    /** ProcessHandle.Info gives the first 4096 bytes, which end in the class path. */
    private static String arguments(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    /** {@code INT}, {@code TERM}, {@code KILL}. */
    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** Waits for its end; the exit code. */
    int end() throws Exception {
        return process.waitFor();
    }

    byte[] out() throws IOException {
        return Files.readAllBytes(out);
    }

    byte[] err() throws IOException {
        return Files.readAllBytes(err);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
