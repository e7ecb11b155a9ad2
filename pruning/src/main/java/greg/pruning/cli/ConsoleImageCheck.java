package greg.pruning.cli;

import greg.datasets.ImageCheck;
import greg.pruning.run.Progress;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Shows the progress of work on image files and counts the bad ones. */
final class ConsoleImageCheck implements ImageCheck {
    private final Console console;
    private final boolean skipBad;
    private final Consumer<String> lines;
    private Progress progress;
    private int count;
    private String first;

    /** {@code lines} receives a line for each bad file. */
    ConsoleImageCheck(Console console, boolean skipBad, Consumer<String> lines) {
        this.console = console;
        this.skipBad = skipBad;
        this.lines = lines;
    }

    @Override
    public boolean skipBad() {
        return skipBad;
    }

    @Override
    public void bad(Path file, String why) {
        String line = file + ": " + why;
        if (count++ == 0) first = line;
        lines.accept(line);
    }

    @Override
    public void progress(String task, long done, long total) {
        if (done == 0) progress = console.progress(task, total, "img");
        else progress.step(1);
        if (done == total) progress.close();
    }

    /** How many bad files there were. */
    int count() {
        return count;
    }

    /** The same in words. */
    String counted() {
        return count == 1 ? "1 image file" : count + " image files";
    }

    /** The first of them, and why. */
    String first() {
        return first;
    }
}
