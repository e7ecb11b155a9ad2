package greg.pruning.run;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.io.AtomicFile;
import greg.nn.io.Sha256;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.Json;
import greg.pruning.report.RunRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of a run. It is created before any work, so that a folder that cannot be written is reported at once. If the run
 * fails before its first checkpoint, nothing of it stays, and a run that it was to replace is as it was.
 */
public final class RunFolder implements AutoCloseable {
    private final Path folder;
    private final Replacement replacement;
    private final Deque<Path> created = new ArrayDeque<>();
    /** SHA-256 of the JSON files as this process wrote or verified them: later damage must not be taken for their content. */
    private final Map<String, String> sums = new HashMap<>();

    /** Where its files are now. */
    private Path home;
    /** Whether they stay when the run ends. */
    private boolean kept;

    private FileChannel metrics;
    private Sha256 metricsSum = new Sha256();
    private FolderLock lock;

    private RunFolder(Path folder) {
        this.folder = folder;
        home = folder;
        replacement = new Replacement(folder);
    }

    /** Where a run has its command and its settings. */
    public static Path config(Path folder) {
        return folder.resolve(RunFiles.CONFIG);
    }

    /**
     * Creates the folder, or takes an empty one.
     *
     * @param force take one that is not empty too; an earlier run in it is replaced by the first checkpoint of this one
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
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    private void prepare(boolean force) throws IOException {
        for (Path p = folder; p != null && !Files.exists(p); p = p.getParent()) created.addLast(p);
        Files.createDirectories(folder);
        try (Stream<Path> content = Files.list(folder)) {
            boolean empty = content.allMatch(p -> p.endsWith(FolderLock.FILE));
            if (!empty && !force) {
                throw new UsageException("out = " + folder
                        + " is not empty; name another folder, or overwrite the run in it with the setting force");
            }
        }
        lock = FolderLock.of(folder); // a run in it may still be running
        replacement.finish();
        RunFiles.deleteTemporary(folder); // of a run that was killed
        if (!RunFiles.anyIn(folder)) return;
        replacement.discard();
        home = replacement.folder();
        Files.createDirectories(home);
    }

    /** Whether a process is running in a folder, which need not exist. */
    public static boolean isInUse(Path folder) throws IOException {
        return FolderLock.isHeld(folder);
    }

    /**
     * Finishes what a killed process left half done: a new run that was about to replace the one in this folder does so now.
     * To be called before anything is read from the folder of a run; does nothing to other folders.
     */
    public static void settle(Path folder) {
        Replacement replacement = new Replacement(folder.toAbsolutePath().normalize());
        if (!replacement.committed()) return;
        try (FolderLock held = FolderLock.of(folder)) {
            replacement.finish();
        } catch (IOException e) {
            throw new RunException(
                    folder + ": the new run in it cannot take the place of the old one (" + RunException.reason(e)
                            + ")",
                    e);
        }
    }

    /**
     * Deletes what a process leaves in the folder of a run if it is killed after its last checkpoint.
     *
     * @throws RunException if another process is still running in it, or the files cannot be deleted
     */
    static void tidy(Path folder) {
        if (!Files.exists(folder.resolve(FolderLock.FILE))) return;
        try (FolderLock held = FolderLock.of(folder)) {
            RunFiles.deleteTemporary(folder);
        } catch (IOException e) {
            throw new RunException(folder + " cannot be written (" + RunException.reason(e) + ")", e);
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
            run.lock = FolderLock.of(run.folder);
            run.kept = true;
            run.replacement.finish();
            run.replacement.discard(); // its process would hold the lock
            run.openMetrics();
            RunFiles.deleteTemporary(run.folder);
            long length = at == null ? 0 : at.metricsBytes();
            run.metricsSum = FileSums.of(run.file(RunFiles.METRICS), length);
            if (at != null) at.verify(run.folder); // again: from here on no other process can write
            for (String name : List.of(RunFiles.CONFIG, RunFiles.PLAN, RunFiles.REPORT)) {
                if (Files.exists(run.file(name)))
                    run.sums.put(name, FileSums.of(run.file(name)).hex());
            }
            run.metrics.truncate(length);
            return run;
        } catch (IOException e) {
            run.close();
            throw new RunException("resume = " + folder + " cannot be written (" + RunException.reason(e) + ")", e);
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /** Begins a run: config.json is there from now on. */
    public void begin(Object config) {
        try {
            if (metrics == null) openMetrics();
        } catch (IOException e) {
            throw new RunException("out = " + folder + " cannot be written (" + RunException.reason(e) + ")", e);
        }
        writeJson(RunFiles.CONFIG, config);
    }

    /** A first checkpoint is complete: from now on the run is kept, and one that it replaces is gone. */
    void keep() {
        if (kept) return;
        try {
            if (!home.equals(folder)) replacement.commit();
            kept = true;
            if (!home.equals(folder)) replacement.finish();
            home = folder;
        } catch (IOException e) {
            throw new RunException(
                    "out = " + folder + ": the old run cannot be replaced (" + RunException.reason(e) + ")", e);
        }
    }

    private void openMetrics() throws IOException {
        metrics = FileChannel.open(
                file(RunFiles.METRICS), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    /** Its path. */
    public Path path() {
        return folder;
    }

    /** A file in it. */
    public Path file(String name) {
        return home.resolve(name);
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

    /** Writes the page that shows what the run has left here. The run is finished: if there can be no page, a warning says so. */
    public void writePage(RunMonitor monitor) {
        try {
            writeText(RunFiles.PAGE, HtmlReport.of(RunRecord.read(home)));
        } catch (RuntimeException e) {
            monitor.say("warning: %s is not written (%s)", folder.resolve(RunFiles.PAGE), e.getMessage());
        }
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

    /** Closes the metrics, and removes all that the run has created if it ends before its first checkpoint. */
    @Override
    public void close() {
        try {
            if (metrics != null) metrics.close();
            if (!kept && lock != null) RunFiles.delete(home);
            if (!kept && !home.equals(folder)) RunFiles.deleteEmpty(home);
            if (lock != null) lock.close();
            for (Path p : created) if (!RunFiles.deleteEmpty(p)) return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
