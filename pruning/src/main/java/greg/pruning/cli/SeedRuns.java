package greg.pruning.cli;

import greg.nn.io.AtomicFile;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.report.Setting;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunData;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code --seeds}: one command, a run for each seed in a folder of its own, and a table of all. Started again, it does only
 * what is missing: finished runs are left alone, one that was interrupted is resumed.
 */
final class SeedRuns {
    private final CommandSpec given;
    private final RunOptions options;
    private final Console console;
    private final Supplier<RunData> data;
    /** What this command would train and test on; null as long as nothing had to be compared with it. */
    private RunConfig.Images images;

    private SeedRuns(CommandSpec given, RunOptions options, Supplier<RunData> data) {
        this.given = given;
        this.options = options;
        this.data = data;
        console = Console.of(given);
    }

    /**
     * Runs what {@code seeds} name; returns the exit code.
     *
     * @param data reads the images of the runs
     */
    static int run(CommandSpec given, RunOptions options, List<Long> seeds, Supplier<RunData> data) throws Exception {
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
        Interrupts.severalRuns("the same command again" + (options.force ? ", without --force," : "")
                + " resumes it and does the runs that are missing");
        return new SeedRuns(given, options, data).run(seeds);
    }

    private int run(List<Long> seeds) throws Exception {
        if (Files.exists(RunFolder.config(options.out))) {
            throw new UsageException(
                    "--out " + options.out + " holds a run; --seeds needs a folder for several, name another");
        }
        Map<Path, ResumedRun> found = new HashMap<>(); // all are checked before any is begun
        for (long seed : seeds) {
            Path folder = folder(seed);
            RunFolder.settle(folder);
            FolderRun command = command(seed, folder);
            if (!options.force && command.begun()) found.put(folder, checked(command, folder));
        }
        List<RunRecord> records = new ArrayList<>();
        for (int i = 0; i < seeds.size(); i++) {
            Path folder = folder(seeds.get(i));
            console.say("seed %d, run %d of %d in %s", seeds.get(i), i + 1, seeds.size(), folder);
            FolderRun command = command(seeds.get(i), folder);
            ResumedRun begun = found.get(folder);
            if (begun == null) command.begin(options.recorded);
            else command.resume(begun);
            records.add(RunRecord.read(folder));
        }
        ResultTable table = new ResultTable(
                records.stream().flatMap(r -> r.results().stream()).toList(), name -> "--" + name);
        AtomicFile.writeText(options.out.resolve("report.txt"), table.toText());
        console.out().printf(Locale.ROOT, "%n%s", table.toText());
        return 0;
    }

    private Path folder(long seed) {
        return options.out.resolve("seed" + seed);
    }

    private FolderRun command(long seed, Path folder) {
        Map<String, String> words = new LinkedHashMap<>(Rerun.given(given));
        words.remove(Setting.SEEDS.written());
        words.put(Setting.SEED.written(), "--seed=" + seed);
        return new FolderRun(given, given.name(), words, folder);
    }

    /** A run that was begun before; UsageException if not by a command like this one. */
    private ResumedRun checked(FolderRun command, Path folder) {
        ResumedRun run = ResumedRun.read(folder, console);
        String other = command.differences(run.config());
        if (other != null) {
            throw new UsageException("--out " + options.out + ": the run in " + folder + " " + other
                    + "; name another folder, or do all runs again with --force");
        }
        if (run.finished()) checkSameImages(folder, run);
        return run;
    }

    /** A finished run reads no images again, but stands in one table with those that do. */
    private void checkSameImages(Path folder, ResumedRun run) {
        if (images == null) images = RunConfig.Images.of(data.get());
        String other = images.difference(run.config());
        if (other == null) return;
        throw new UsageException("--out " + options.out + ": in " + folder + " " + other
                + "; name the folder of the same files with --data, or another one for the runs with --out");
    }
}
