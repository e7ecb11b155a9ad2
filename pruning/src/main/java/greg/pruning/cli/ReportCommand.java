package greg.pruning.cli;

import greg.nn.io.AtomicFile;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.Json;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.report.TrainingResult;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greg report}: shows a run, or compares several. */
@Command(
        name = "report",
        description = {
            "Compares finished runs of 'greg prune': one row per experiment, runs that differ only in the seed as mean and"
                    + " sample standard deviation.",
            "One-shot L1 has rows of its own where a run included it. Runs of 'greg train' have a table of their own."
        })
final class ReportCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65535;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of runs.")
    private List<Path> folders;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description =
                    "Also write an HTML page with the table and charts of each run, and of all beside each other; each run"
                            + " has a report.html of its own in its folder. Default: none.")
    private Path out;

    @Option(names = "--force", description = "Overwrite the page if it is there. Default: ${DEFAULT-VALUE}.")
    private boolean force;

    @Option(
            names = "--follow",
            description = "Serve the page of one run, which may be under way, to browsers on this machine, until"
                    + " interrupted; it is drawn anew every few seconds. Default: ${DEFAULT-VALUE}.")
    private boolean follow;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "0",
            description = "Where --follow serves; 0: a free port. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Override
    public Integer call() throws InterruptedException {
        Console console = Console.of(spec);
        checkFlags();
        if (follow) return follow(console);
        List<RunRecord> runs = new ArrayList<>();
        for (Path folder : folders) {
            RunFolder.settle(folder);
            if (RunRecord.isUnfinishedPruning(folder)) {
                throw new UsageException(
                        folder + ": expected a finished run of 'greg prune', with report.json; this one"
                                + " has none: resume it with 'greg prune --resume " + folder + "', leave it out, or"
                                + " watch it with --follow");
            }
            ResumedRun.verifyFiles(folder, console);
            runs.add(RunRecord.read(folder));
        }
        ResultTable table =
                new ResultTable(runs.stream().flatMap(r -> r.results().stream()).toList(), name -> "--" + name);
        if (out != null) {
            AtomicFile.writeText(out, HtmlReport.of(runs, table));
            console.say("%s: written", out);
        }
        List<TrainingResult> trainings = TrainingResult.of(runs);
        if (json) {
            console.out().println(Json.line(table.content(trainings)));
            return 0;
        }
        if (!table.rows().isEmpty()) console.out().print(table.toText());
        if (!table.rows().isEmpty() && !trainings.isEmpty()) console.out().println();
        if (!trainings.isEmpty()) console.out().print(TrainingResult.toText(trainings));
        return 0;
    }

    private void checkFlags() {
        Checks.between("--port", 0, MOST_PORT, port);
        if (port != 0 && !follow) throw new UsageException("--port: nothing is served without --follow; add it");
        if (follow && (json || out != null || folders.size() != 1)) {
            throw new UsageException("--follow: expected one run, without --json and --out; leave the rest out");
        }
        if (force && out == null) {
            throw new UsageException("--force: no page is written without --out; name one, or leave it out");
        }
        if (out != null && Files.exists(out) && !force) {
            throw new UsageException("--out " + out + " exists; name another file, or overwrite it with --force");
        }
    }

    private int follow(Console console) throws InterruptedException {
        Path folder = folders.get(0);
        RunRecord.readUnderWay(folder); // what is no run is refused now, not in the browser
        try (LivePage page = new LivePage(folder, port)) {
            console.out().printf(Locale.ROOT, "%s shows %s; Ctrl-C ends it%n", page.url(), folder);
            console.out().flush();
            new CountDownLatch(1).await();
            return 0;
        }
    }
}
