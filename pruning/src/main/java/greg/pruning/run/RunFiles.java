package greg.pruning.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What runs write into their folder: these files are removed with a run, and nothing else is. */
final class RunFiles {
    static final String CONFIG = "config.json";
    static final String PLAN = "plan.json";
    static final String REPORT = "report.json";
    static final String TEXT = "report.txt";
    /** The network after the last epoch that ended, and after the one with the best accuracy. */
    static final String LATEST = "checkpoint/latest.safetensors";

    static final String BEST = "checkpoint/best.safetensors";
    static final String METRICS = "metrics.jsonl";
    static final String PAGE = "report.html";

    /** Relative to the folder. */
    static final List<String> NAMES = List.of(
            METRICS,
            CONFIG,
            REPORT,
            TEXT,
            PAGE,
            PLAN,
            PruneRun.PRUNED,
            RunState.FILE,
            RunState.PREVIOUS,
            RunCheckpoints.PLANS,
            PruneRun.BASE,
            LATEST,
            BEST);

    private static final String SUBFOLDER = "checkpoint";
    /** As {@link greg.nn.io.AtomicFile} names its temporary files. */
    private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.\\d+\\.tmp");

    private RunFiles() {}

    /** Whether there is any of them. */
    static boolean anyIn(Path folder) {
        return NAMES.stream().anyMatch(name -> Files.exists(folder.resolve(name)));
    }

    /** Those that a run has written here, the metrics only if there is a record. */
    static List<String> written(Path folder) {
        return NAMES.stream()
                .filter(name -> Files.exists(folder.resolve(name)))
                .filter(name ->
                        !name.equals(METRICS) || folder.resolve(name).toFile().length() > 0)
                .toList();
    }

    /** Deletes them, what was left of them half-written, and their subfolder if it is empty then. */
    static void delete(Path folder) throws IOException {
        deleteTemporary(folder);
        for (String name : NAMES) Files.deleteIfExists(folder.resolve(name));
        deleteEmpty(folder.resolve(SUBFOLDER));
    }

    /** Deletes what was left half-written. */
    static void deleteTemporary(Path folder) throws IOException {
        for (Path directory : List.of(folder, folder.resolve(SUBFOLDER))) {
            if (!Files.isDirectory(directory)) continue;
            try (Stream<Path> content = Files.list(directory)) {
                for (Path file : content.toList()) {
                    if (isTemporary(file.getFileName().toString())) Files.delete(file);
                }
            }
        }
    }

    private static boolean isTemporary(String name) {
        Matcher half = TEMPORARY.matcher(name);
        if (!half.matches()) return false;
        return half.group(1).equals(Replacement.LIST) || NAMES.stream().anyMatch(n -> n.endsWith(half.group(1)));
    }

    /** Deletes a folder if there is nothing in it; false if there is something. */
    static boolean deleteEmpty(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return true;
        try (Stream<Path> content = Files.list(folder)) {
            if (content.findAny().isPresent()) return false;
        }
        Files.delete(folder);
        return true;
    }
}
