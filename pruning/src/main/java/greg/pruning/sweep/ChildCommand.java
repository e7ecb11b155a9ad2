package greg.pruning.sweep;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The process that makes one run: the same JVM with the same classes, and with the options of this one if this is greg; another
 * program that has loaded greg's jar has options for itself. It ends when its standard input does, so that it never outlives
 * whoever started it, and saves the run first.
 */
public record ChildCommand(
        String mainClass, List<String> words, String indexFlag, String nameFlag, String deviceFlag, String threadsFlag)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Tells the process to end with its standard input. */
    public static final String ENDS_WITH_INPUT = "greg.endsWithInput";

    /** Options of the JVM that one process alone may have: debuggers and agents listen or write somewhere. */
    private static final List<String> OF_ONE_PROCESS = List.of("-agent", "-javaagent", "-Xrun", "-Xdebug");

    /**
     * How a run of a plan is started.
     *
     * @param mainClass of the program
     * @param words its command and the arguments that all runs have in common
     * @param indexFlag before the number of the run
     * @param nameFlag before its name, which the process compares with the plan's
     * @param deviceFlag before the device, where one is assigned
     * @param threadsFlag before the number of threads, where one is assigned
     */
    public ChildCommand {
        words = new ArrayList<>(words); // can be serialized, whatever it was
    }

    /**
     * Starts the process.
     *
     * @param device null: as the plan says
     * @param threads 0: as the plan says
     * @param log both of its outputs are added to it
     * @param directory in which it works
     */
    Process start(Entry entry, String device, int threads, Path log, File directory) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        String whole = System.getProperty("java.class.path");
        Path jar = jar();
        boolean ours =
                jar == null || Arrays.stream(whole.split(File.pathSeparator)).anyMatch(p -> isSame(p, jar));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option ->
                        ours ? OF_ONE_PROCESS.stream().noneMatch(option::startsWith) : option.startsWith("-Dgreg."))
                .forEach(command::add);
        command.add("-D" + ENDS_WITH_INPUT + "=true");
        command.addAll(List.of("-cp", ours ? whole : jar.toString(), mainClass));
        command.addAll(words);
        command.add(indexFlag + "=" + entry.index());
        command.add(nameFlag + "=" + entry.name());
        if (device != null) command.add(deviceFlag + "=" + device);
        if (threads > 0) command.add(threadsFlag + "=" + threads);
        return new ProcessBuilder(command)
                .directory(directory)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** The jar in which greg is; null if it is in folders. */
    private static Path jar() {
        try {
            Path place = Path.of(ChildCommand.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return place.toFile().isFile() ? place : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static boolean isSame(String entry, Path file) {
        return !entry.isBlank() && Path.of(entry).toAbsolutePath().normalize().equals(file);
    }
}
