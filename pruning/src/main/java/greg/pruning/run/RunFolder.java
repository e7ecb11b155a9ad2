package greg.pruning.run;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.io.AtomicFile;
import greg.nn.io.Sha256;
import greg.pruning.report.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run. It is created before any work, so that a folder that cannot be written is reported at once, and
 * removed again if the run fails before it has anything to keep.
 */
public final class RunFolder implements AutoCloseable {
    static final String CONFIG = "config.json";

    static final String PLAN = "plan.json";
    static final String REPORT = "report.json";
    static final String METRICS = "metrics.jsonl";

    /** The report with charts. */
    public static final String PAGE = "report.html";

    /** As {@link AtomicFile} names its temporary files. */
    private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.\\d+\\.tmp");

    /** What runs write; overwriting a run removes these and nothing else. */
    private static final List<String> OURS = List.of(
            CONFIG,
            METRICS,
            REPORT,
            "report.txt",
            PAGE,
            PLAN,
            PruneRun.PRUNED,
            RunState.FILE,
            RunState.PREVIOUS,
            RunCheckpoints.PLANS,
            PruneRun.BASE,
            "checkpoint/latest.safetensors",
            "checkpoint/best.safetensors");

    private final Path folder;
    private final Deque<Path> created = new ArrayDeque<>();
    /** SHA-256 of the JSON files as this process wrote or verified them: later damage must not be taken for their content. */
    private final Map<String, String> sums = new HashMap<>();

    private FileChannel metrics;
    private Sha256 metricsSum = new Sha256();

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Creates the folder, or takes an empty one.
     *
     * @param force take one that is not empty too, and remove what an earlier run left in it
     * @throws UsageException if there is something in it
     * @throws RunException if it cannot be written, or another process is running in it
     */
    public static RunFolder reserve(Path folder, boolean force) {
        RunFolder run = new RunFolder(folder.toAbsolutePath().normalize());
        try {
            run.prepare(force);
            return run;
        } catch (IOException e) {
            run.close();
            throw new RunException(
                    "out = " + folder + " cannot be written (" + RunException.reason(e) + "); name another folder", e);
        } catch (RunException e) {
            run.close();
            throw e;
        }
    }

    private void prepare(boolean force) throws IOException {
        for (Path p = folder; p != null && !Files.exists(p); p = p.getParent()) created.addLast(p);
        Files.createDirectories(folder);
        try (Stream<Path> content = Files.list(folder)) {
            if (content.findAny().isPresent() && !force) {
                throw new UsageException("out = " + folder
                        + " is not empty; name another folder, or overwrite the run in it with the setting force");
            }
        }
        Files.delete(Files.createTempFile(folder, ".probe", ".tmp"));
        if (Files.exists(file(METRICS))) {
            open(); // before anything is lost: an earlier run may still be running
            metrics.truncate(0);
        }
        for (String name : OURS) {
            if (!name.equals(METRICS)) Files.deleteIfExists(folder.resolve(name));
        }
    }

    /**
     * Reopens the folder of a run that ended early, and removes files that were left half-written.
     *
     * @param at what the run is resumed from, to whose length metrics.jsonl is cut; null: its start
     * @throws RunException if another process is running in it, it cannot be written, or a file is not as it was at {@code at}
     */
    static RunFolder reopen(Path folder, RunState at) {
        RunFolder run = new RunFolder(folder.toAbsolutePath().normalize());
        try {
            run.open();
            for (Path directory : List.of(run.folder, run.file("checkpoint"))) removeTemporary(directory);
            long length = at == null ? 0 : at.metricsBytes();
            run.metricsSum = FileSums.of(run.file(METRICS), length);
            if (at != null) at.verify(run.folder); // again: from here on no other process can write
            for (String name : List.of(CONFIG, PLAN, REPORT)) {
                if (Files.exists(run.file(name)))
                    run.sums.put(name, FileSums.of(run.file(name)).hex());
            }
            run.metrics.truncate(length);
            return run;
        } catch (IOException e) {
            run.close();
            throw new RunException("resume = " + folder + " cannot be written (" + RunException.reason(e) + ")", e);
        } catch (RunException e) {
            run.close();
            throw e;
        }
    }

    /** The files that a run has written here, those without a record left out. */
    static List<String> written(Path folder) {
        return OURS.stream()
                .filter(name -> Files.exists(folder.resolve(name)))
                .filter(name ->
                        !name.equals(METRICS) || folder.resolve(name).toFile().length() > 0)
                .toList();
    }

    private static void removeTemporary(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return;
        try (Stream<Path> content = Files.list(directory)) {
            for (Path file : content.toList()) {
                Matcher temporary = TEMPORARY.matcher(file.getFileName().toString());
                if (temporary.matches() && OURS.stream().anyMatch(n -> n.endsWith(temporary.group(1)))) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Begins a run: config.json is there from now on, and no other process can run here. */
    public void begin(Object config) {
        try {
            if (metrics == null) open();
        } catch (IOException e) {
            throw new RunException("out = " + folder + " cannot be written (" + RunException.reason(e) + ")", e);
        }
        writeJson(CONFIG, config);
    }

    /** Opens metrics.jsonl and locks it; the system unlocks it however the process ends. */
    private void open() throws IOException {
        metrics = FileChannel.open(
                file(METRICS), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        boolean free;
        try {
            free = metrics.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            free = false; // another run of this process
        }
        if (!free)
            throw new RunException(folder + " is in use by another greg process; wait for it to end, or stop it");
    }

    /** Its path. */
    public Path path() {
        return folder;
    }

    /** A file in it. */
    public Path file(String name) {
        return folder.resolve(name);
    }

    /** Writes indented JSON: complete or not at all. */
    public void writeJson(String name, Object value) {
        String text = Json.pretty(value);
        AtomicFile.writeText(file(name), text);
        sums.put(name, new Sha256().add(text).hex());
    }

    /** Reads what {@link #writeJson} wrote; RunException if the file has changed since. */
    JsonNode readJson(String name) {
        if (!FileSums.of(file(name)).hex().equals(sum(name))) throw FileSums.changed(file(name));
        return Json.read(file(name));
    }

    /** SHA-256 of a file that {@link #writeJson} wrote, or null. */
    String sum(String name) {
        return sums.get(name);
    }

    /** SHA-256 of the metrics so far. */
    String metricsSum() {
        return metricsSum.hex();
    }

    /** Writes text: complete or not at all. */
    public void writeText(String name, String text) {
        AtomicFile.writeText(file(name), text);
    }

    /** The lines of a file in it. */
    List<String> readLines(String name) {
        try {
            return Files.readAllLines(file(name));
        } catch (IOException e) {
            throw new RunException(file(name) + " cannot be read (" + RunException.reason(e) + ")", e);
        }
    }

    /** Appends one record to metrics.jsonl. */
    public void metric(Object entry) {
        String line = Json.line(entry) + "\n";
        try {
            AtomicFile.writeFully(metrics, StandardCharsets.UTF_8.encode(line));
            metricsSum.add(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forces the metrics to the disk; their length in bytes. */
    public long syncMetrics() {
        try {
            metrics.force(false);
            return metrics.size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes the metrics, and removes folders that were created and stayed empty. */
    @Override
    public void close() {
        try {
            if (metrics != null) metrics.close();
            for (Path p : created) {
                if (!Files.isDirectory(p)) continue;
                try (Stream<Path> content = Files.list(p)) {
                    if (content.findAny().isPresent()) return;
                }
                Files.delete(p);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
