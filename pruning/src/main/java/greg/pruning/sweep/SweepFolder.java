package greg.pruning.sweep;

import greg.nn.io.AtomicFile;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.report.TrainingResult;
import greg.pruning.run.RunException;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * The folder of a sweep: a folder for each run, {@code logs} with what the processes of the runs said and why runs failed, and
 * the report of all.
 */
public record SweepFolder(Path path) {
    private static final String LOGS = "logs";

    /** Refuses the folder of a run. */
    public SweepFolder {
        if (Files.exists(RunFolder.config(path))) {
            throw new UsageException(
                    "out = " + path + " holds a run; a sweep needs a folder for several, name another");
        }
    }

    /** The folder of a run. */
    public Path run(Entry entry) {
        return path.resolve(entry.name());
    }

    /** What the process of a run says. */
    public Path log(Entry entry) {
        return path.resolve(LOGS).resolve(entry.name() + ".log");
    }

    /** Why a run failed: there while it has neither been started again nor finished. */
    Path failure(Entry entry) {
        return path.resolve(LOGS).resolve(entry.name() + ".failed");
    }

    /** Creates the folders; RunException if they cannot be written. */
    public void create() {
        try {
            Files.createDirectories(path.resolve(LOGS));
        } catch (IOException e) {
            throw new RunException(
                    "out = " + path + " cannot be written (" + RunException.reason(e) + "); name another folder", e);
        }
    }

    /** A run begins: that it failed before counts no longer. */
    public void begins(Entry entry) {
        try {
            Files.deleteIfExists(failure(entry));
        } catch (IOException e) {
            throw new RunException("out = " + path + " cannot be written (" + RunException.reason(e) + ")", e);
        }
    }

    /** A run has failed. */
    public void failed(Entry entry, String reason) {
        AtomicFile.writeText(failure(entry), reason + "\n");
    }

    /** How far a run is. */
    public RunStatus status(Entry entry) {
        return RunStatus.of(run(entry), failure(entry));
    }

    /**
     * Writes {@code report.txt} and {@code report.html} of the runs that are finished.
     *
     * @param naming what the table calls a setting, from its written name
     * @return the text of the table; empty if no run is finished
     */
    public String report(List<Entry> entries, UnaryOperator<String> naming) {
        List<RunRecord> runs = entries.stream()
                .filter(entry -> status(entry).state() == RunStatus.State.FINISHED)
                .map(entry -> RunRecord.read(run(entry)))
                .toList();
        if (runs.isEmpty()) return "";
        ResultTable table =
                new ResultTable(runs.stream().flatMap(r -> r.results().stream()).toList(), naming);
        String text = table.rows().isEmpty() ? TrainingResult.toText(TrainingResult.of(runs)) : table.toText();
        if (runs.size() < entries.size()) {
            text += String.format(Locale.ROOT, "%n%d of %d runs are finished%n", runs.size(), entries.size());
        }
        AtomicFile.writeText(path.resolve("report.txt"), text);
        AtomicFile.writeText(path.resolve("report.html"), HtmlReport.of(runs, table));
        return text;
    }
}
