package greg.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** How long the campaign is, and where it writes. */
final class Options {
    /** Chooses mutants, moments of kills and geometries. */
    static final long SEED = Long.getLong("campaign.seed", 1);
    /** Of each part; 0: the short campaign, which has a fixed length. */
    static final double MINUTES = Double.parseDouble(System.getProperty("campaign.minutes", "0"));
    /** Findings, logs and the summary. */
    static final Path OUT = Path.of("target/campaign").toAbsolutePath();

    /** The property that tells worker processes where the small runs are whose files are damaged. */
    static final String RUNS = "greg.campaign.runs";

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private Options() {}

    static boolean isLong() {
        return MINUTES > 0;
    }

    /** An empty folder, in memory where the system has one there. */
    static Path scratch(String name) throws IOException {
        Path parent = Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        return Files.createTempDirectory(parent, name);
    }

    /** A command that runs a class as a process of its own: options of the JVM, the class and its arguments. */
    static List<String> java(String... words) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-Xshare:auto", "-Djava.awt.headless=true"));
        if (System.getProperty(RUNS) != null) command.add("-D" + RUNS + "=" + System.getProperty(RUNS));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(words));
        return command;
    }

    /** Prints a line and adds it to the summary. */
    static void say(Object line) throws IOException {
        System.out.println("campaign: " + line);
        Files.createDirectories(OUT);
        Files.writeString(
                OUT.resolve("summary.txt"), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
