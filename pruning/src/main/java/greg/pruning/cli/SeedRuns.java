package greg.pruning.cli;

import greg.nn.io.AtomicFile;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.report.Setting;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code --seeds}: one command, a run for each seed in a folder of its own, and a table of all. Started again, it does only
 * what is missing: finished runs are left alone, one that was interrupted is resumed.
 */
final class SeedRuns {
    private final CommandSpec given;
    private final RunOptions options;
    private final Console console;

    private SeedRuns(CommandSpec given, RunOptions options) {
        this.given = given;
        this.options = options;
        console = Console.of(given);
    }

    /** Runs what {@code seeds} name; returns the exit code. */
    static int run(CommandSpec given, RunOptions options, List<Long> seeds) throws Exception {
        if (options.out == null) {
            throw new UsageException("--seeds: name the folder of the runs with --out; the same command, started again,"
                    + " finds there what is done");
        }
        if (given.commandLine().getParseResult().hasMatchedOption("--seed")) {
            throw new UsageException("--seed: --seeds names the seeds of all runs; leave it out");
        }
        if (seeds.stream().distinct().count() < seeds.size()) {
            throw new UsageException("--seeds: expected different seeds, got " + seeds);
        }
        return new SeedRuns(given, options).run(seeds);
    }

    private int run(List<Long> seeds) throws Exception {
        if (Files.exists(RunFolder.config(options.out))) {
            throw new UsageException(
                    "--out " + options.out + " holds a run; --seeds needs a folder for several, name another");
        }
        List<RunRecord> records = new ArrayList<>();
        for (int i = 0; i < seeds.size(); i++) {
            Path folder = options.out.resolve("seed" + seeds.get(i));
            RunFolder.settle(folder);
            console.say("seed %d, run %d of %d in %s", seeds.get(i), i + 1, seeds.size(), folder);
            run(seeds.get(i), folder);
            records.add(RunRecord.read(folder));
        }
        ResultTable table = new ResultTable(
                records.stream().flatMap(r -> r.results().stream()).toList(), name -> "--" + name);
        AtomicFile.writeText(options.out.resolve("report.txt"), table.toText());
        console.out().printf(Locale.ROOT, "%n%s", table.toText());
        return 0;
    }

    private void run(long seed, Path folder) throws Exception {
        Map<String, String> words = new LinkedHashMap<>(Rerun.given(given));
        words.remove(Setting.SEEDS.written());
        words.put(Setting.SEED.written(), "--seed=" + seed);
        FolderRun run = new FolderRun(given, given.name(), words, folder);
        if (options.force || !run.begun()) {
            run.begin(options.recorded);
            return;
        }
        ResumedRun there = ResumedRun.read(folder, console);
        String other = run.differences(there.config());
        if (other != null) {
            throw new UsageException("--out " + options.out + ": the run in " + folder + " " + other
                    + "; name another folder, or do all runs again with --force");
        }
        run.resume(there);
    }
}
