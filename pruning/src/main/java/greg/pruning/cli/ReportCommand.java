package greg.pruning.cli;

import greg.nn.io.AtomicFile;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.Json;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greg report}: compares several runs. */
@Command(
        name = "report",
        description = {
            "Compares finished runs of 'greg prune': one row per experiment, runs that differ only in the seed as mean and"
                    + " sample standard deviation.",
            "One-shot L1 has rows of its own where a run included it."
        })
final class ReportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of finished runs.")
    private List<Path> folders;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description =
                    "Also write an HTML page with the table and charts of each run; each run has a report.html of its"
                            + " own in its folder. Default: none.")
    private Path out;

    @Option(names = "--force", description = "Overwrite the page if it is there. Default: ${DEFAULT-VALUE}.")
    private boolean force;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        if (force && out == null) {
            throw new UsageException("--force: no page is written without --out; name one, or leave it out");
        }
        if (out != null && Files.exists(out) && !force) {
            throw new UsageException("--out " + out + " exists; name another file, or overwrite it with --force");
        }
        List<RunRecord> runs = new ArrayList<>();
        for (Path folder : folders) {
            RunFolder.settle(folder);
            if (Files.exists(folder.resolve("config.json")) && !RunRecord.isFinished(folder)) {
                throw new UsageException(
                        folder + ": expected a finished run of 'greg prune', with report.json; this one"
                                + " has none: resume it with 'greg prune --resume " + folder + "', or leave it out");
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
        if (json) console.out().println(Json.line(table.content()));
        else console.out().print(table.toText());
        return 0;
    }
}
