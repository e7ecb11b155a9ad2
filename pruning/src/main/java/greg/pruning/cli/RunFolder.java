package greg.pruning.cli;

import greg.nn.io.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of a run. It is made before any work, so that a place that cannot be written is found out at once, and
 * vanishes again if the run fails before it has anything to keep.
 */
final class RunFolder implements AutoCloseable {
    /** What runs write; {@code --force} removes these and nothing else. */
    private static final List<String> OURS = List.of(
            "config.json",
            "metrics.jsonl",
            "report.json",
            "report.txt",
            "plan.json",
            "pruned.safetensors",
            "checkpoint/base.safetensors",
            "checkpoint/latest.safetensors",
            "checkpoint/best.safetensors");

    private final Path folder;
    private final Deque<Path> made = new ArrayDeque<>();
    private Writer metrics;

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes the folder, or takes an empty one.
     *
     * @param force take one that is not empty too, and remove what an earlier run left in it
     * @throws UsageException if there is something in it
     * @throws RunException if it cannot be written
     */
    static RunFolder reserve(Path folder, boolean force) {
        RunFolder run = new RunFolder(folder.toAbsolutePath().normalize());
        try {
            run.prepare(force);
            return run;
        } catch (IOException e) {
            run.close();
            throw new RunException(
                    "--out " + folder + " cannot be written (" + Failures.reason(e) + "); name another folder", e);
        }
    }

    private void prepare(boolean force) throws IOException {
        for (Path p = folder; p != null && !Files.exists(p); p = p.getParent()) made.addLast(p);
        Files.createDirectories(folder);
        try (Stream<Path> content = Files.list(folder)) {
            if (content.findAny().isPresent() && !force) {
                throw new UsageException("--out " + folder
                        + " is not empty; name another folder, or overwrite the run in it with --force");
            }
        }
        Files.delete(Files.createTempFile(folder, ".probe", ".tmp"));
        for (String name : OURS) Files.deleteIfExists(folder.resolve(name));
    }

    /** Where it is. */
    Path path() {
        return folder;
    }

    /** A file in it. */
    Path file(String name) {
        return folder.resolve(name);
    }

    /** Writes indented JSON: complete or not at all. */
    void writeJson(String name, Object value) {
        AtomicFile.writeText(file(name), Json.pretty(value));
    }

    /** Writes text: complete or not at all. */
    void writeText(String name, String text) {
        AtomicFile.writeText(file(name), text);
    }

    /** Appends one record to metrics.jsonl. */
    void metric(Map<String, Object> entry) {
        try {
            if (metrics == null) {
                metrics = Files.newBufferedWriter(
                        file("metrics.jsonl"),
                        StandardCharsets.UTF_8,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            metrics.write(Json.line(entry) + "\n");
            metrics.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the metrics, and takes back folders that were made and stayed empty. */
    @Override
    public void close() {
        try {
            if (metrics != null) metrics.close();
            for (Path p : made) {
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
