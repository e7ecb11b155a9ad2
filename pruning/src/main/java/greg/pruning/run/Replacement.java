package greg.pruning.run;

import greg.nn.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A new run in the folder of an old one. It lives in a hidden subfolder until its first checkpoint is complete. Then the list
 * of its files is written there, and from that moment the new run is the folder's: its files are moved up, and files of the
 * old run that it does not have are removed. Until then the old run is untouched. If the process ends between, the list is
 * still there, and whoever opens the folder next carries on.
 */
final class Replacement {
    private static final String FOLDER = ".greg-new";
    static final String LIST = "files.txt";

    private final Path run;

    /** In the folder {@code run}. */
    Replacement(Path run) {
        this.run = run;
    }

    /** Where the new run lives. */
    Path folder() {
        return run.resolve(FOLDER);
    }

    private Path list() {
        return folder().resolve(LIST);
    }

    /** Whether the new run is the folder's, but not all of it has been moved. */
    boolean committed() {
        return Files.exists(list());
    }

    /** From now on the new run is the folder's; {@link #finish} has to follow. */
    void commit() {
        List<String> present = RunFiles.NAMES.stream()
                .filter(name -> Files.exists(folder().resolve(name)))
                .toList();
        AtomicFile.writeText(list(), String.join("\n", present));
    }

    /** If the new run is the folder's, moves its files, or those that are left to move, and removes the others of the old one. */
    void finish() throws IOException {
        if (!committed()) return;
        List<String> present = Files.readAllLines(list());
        for (String name : RunFiles.NAMES) {
            Path from = folder().resolve(name);
            Path to = run.resolve(name);
            if (!present.contains(name)) {
                Files.deleteIfExists(to);
            } else if (Files.exists(from)) {
                Files.createDirectories(to.getParent());
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.delete(list());
        discard();
    }

    /** Removes what a new run left that never became the folder's. */
    void discard() throws IOException {
        RunFiles.delete(folder());
        RunFiles.deleteEmpty(folder());
    }
}
