package greg.pruning.cli;

import greg.pruning.run.Progress;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress of a task: a bar that is redrawn on a terminal, a line every few seconds elsewhere. Everything goes to standard
 * error.
 */
final class ConsoleProgress implements Progress {
    private static final int WIDTH = 110;
    private static final long LINE_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final Consumer<String> lines;
    private final String task;
    private final String unit;
    private final long total;
    private final ProgressBar bar;
    private final long start = System.nanoTime();
    private long lastLine = start;
    private long done;
    private long skipped;
    private String note = "";

    /**
     * Starts.
     *
     * @param terminal whether to draw a bar
     * @param lines receives a line every few seconds where there is no bar
     * @param total units of work
     * @param unit e.g. {@code img}
     */
    ConsoleProgress(boolean terminal, Consumer<String> lines, String task, long total, String unit) {
        this.lines = lines;
        this.task = task;
        this.unit = unit;
        this.total = total;
        bar = terminal ? bar(task, total, unit) : null;
    }

    /** If it is told where to draw and how wide, the library does not load its terminal detection. */
    private static ProgressBar bar(String task, long total, String unit) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(" " + unit, 1)
                .showSpeed()
                .setUpdateIntervalMillis(250)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                .build();
    }

    /** Sets the text after the bar, e.g. loss and accuracy. */
    @Override
    public void note(String text) {
        note = text;
        if (bar != null) bar.setExtraMessage(" " + text);
    }

    /** Adds units of finished work. */
    @Override
    public void step(long units) {
        done += units;
        if (bar != null) bar.stepBy(units);
        else if (System.nanoTime() - lastLine > LINE_EVERY_NANOS) line();
    }

    /** Counts work that was done before the run was resumed. */
    @Override
    public void skip(long units) {
        skipped += units;
        done += units;
        if (bar != null) bar.stepBy(units);
    }

    /** Units per second so far. */
    @Override
    public double rate() {
        return (done - skipped) / Math.max(1e-9, (System.nanoTime() - start) * 1e-9);
    }

    private void line() {
        lastLine = System.nanoTime();
        double rate = rate();
        String eta = rate > 0 ? clock(Math.round((total - done) / rate)) : "?";
        lines.accept(String.format(
                        Locale.ROOT,
                        "%s: %d%% (%d/%d %s, %.0f %s/s, ETA %s) %s",
                        task,
                        total == 0 ? 100 : 100 * done / total,
                        done,
                        total,
                        unit,
                        rate,
                        unit,
                        eta,
                        note)
                .stripTrailing());
    }

    private static String clock(long seconds) {
        return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    /** Removes the bar, or prints the last line. */
    @Override
    public void close() {
        if (bar != null) bar.close();
        else line();
    }
}
