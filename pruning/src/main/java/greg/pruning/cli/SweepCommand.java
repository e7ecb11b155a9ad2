package greg.pruning.cli;

import greg.kernels.BackendOptions;
import greg.pruning.report.Setting;
import greg.pruning.run.InterruptedRunException;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunException;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import greg.pruning.sweep.ChildCommand;
import greg.pruning.sweep.Entry;
import greg.pruning.sweep.Jobs;
import greg.pruning.sweep.RunStatus;
import greg.pruning.sweep.SparkSweep;
import greg.pruning.sweep.StatusTable;
import greg.pruning.sweep.SweepFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greg sweep}: the runs of a plan, of which only those are made that are missing. */
@Command(
        name = "sweep",
        description = {
            "Makes the runs that a plan names, each in a folder whose name follows from its settings, and a report of all.",
            "Started again, it does only what is missing and resumes what broke off. docs/sweep.md explains plans, and has"
                    + " scripts for clusters."
        })
final class SweepCommand implements Callable<Integer> {
    private static final int MOST_JOBS = 1024;
    /** How long a process of which somebody has just lost sight may take to save its run and end. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long POLL_MILLIS = 200;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "PLAN", description = "The plan, a file in YAML (.yaml, .yml) or JSON (.json).")
    private Path file;

    @Option(
            names = {"--out", "-o"},
            paramLabel = "DIR",
            description = "Folder of all runs. Default: the one that the plan names.")
    private Path out;

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description =
                    "Runs at a time on this machine, each in a process of its own, with its share of the cores unless"
                            + " --threads or the plan says otherwise. Default: 1.")
    private Integer jobs;

    @Option(
            names = "--index",
            paramLabel = "I",
            description =
                    "Only the run of that number, from 0, in this process: for the array jobs of a cluster. Default:"
                            + " all.")
    private Integer index;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            hidden = true,
            description = "What the run of --index is called. Default: none.")
    private String name;

    @Option(
            names = "--status",
            description = "Only show how far each run is, also while they run. Default: ${DEFAULT-VALUE}.")
    private boolean status;

    @Option(
            names = "--spark",
            description =
                    "On the cluster of spark-submit, which starts greg.jar: a task for each run, with the GPU that"
                            + " Spark gives it. Default: ${DEFAULT-VALUE}.")
    private boolean spark;

    @Option(
            names = "--device",
            paramLabel = "NAME[,NAME...]",
            split = ",",
            description =
                    "Devices of the runs, whatever the plan says; several are given to the jobs in turn. Default: as"
                            + " the plan says.")
    private List<String> devices = List.of();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Compute threads of each run, whatever the plan says. Default: as the plan says.")
    private Integer threads;

    @Option(
            names = ClassPath.FLAG,
            paramLabel = "JAR",
            description = "As in 'greg prune', for all runs. Default: none.")
    private String classPath;

    @Override
    public Integer call() throws Exception {
        Console console = Console.of(spec);
        checkFlags();
        SweepPlan plan = new SweepPlan(spec, file, out, instead());
        if (status) {
            plan.parse();
            console.out().print(StatusTable.of(plan.folder(), plan.entries()));
            return 0;
        }
        return index == null ? all(plan, console) : one(plan, console);
    }

    private void checkFlags() {
        List<String> ways = new ArrayList<>();
        if (jobs != null) ways.add("--jobs");
        if (index != null) ways.add("--index");
        if (status) ways.add("--status");
        if (spark) ways.add("--spark");
        if (ways.size() > 1) {
            throw new UsageException(String.join(" and ", ways) + " are different things to do; leave all but one out");
        }
        if (jobs != null) Checks.between("--jobs", 1, MOST_JOBS, jobs);
        if (threads != null) Checks.between("--threads", 0, BackendOptions.MOST_THREADS, threads);
        devices.forEach(DeviceOptions::checkName);
        if ((index != null || spark) && devices.size() > 1) {
            throw new UsageException(
                    "--device: expected one device, got " + String.join(",", devices) + "; only --jobs takes several");
        }
    }

    /** Flags that have precedence over those in the plan, by name. */
    private Map<String, String> instead() {
        Map<String, String> words = new LinkedHashMap<>();
        if (devices.size() == 1) words.put(Setting.DEVICE.written(), "--device=" + devices.get(0));
        if (threads != null) words.put(Setting.THREADS.written(), "--threads=" + threads);
        if (classPath != null) words.put(Setting.CLASS_PATH.written(), ClassPath.FLAG + "=" + classPath);
        return words;
    }

    private int all(SweepPlan plan, Console console) {
        if (spark) checkSpark();
        plan.check();
        SweepFolder folder = plan.folder();
        folder.create();
        List<Entry> entries = plan.entries();
        List<Entry> open = entries.stream()
                .filter(entry -> folder.status(entry).state() != RunStatus.State.FINISHED)
                .toList();
        console.say("%s: %d of %d runs are finished", folder.path(), entries.size() - open.size(), entries.size());
        int atATime = jobs == null ? 1 : jobs;
        int share = atATime == 1 ? 0 : Math.max(1, Runtime.getRuntime().availableProcessors() / atATime);
        List<String> inTurn = devices.size() > 1 ? devices : List.of();
        boolean whole = spark
                ? SparkSweep.run(folder, open, child(plan), "greg sweep " + file.getFileName(), console)
                : Jobs.run(folder, open, child(plan), atATime, inTurn, share, console);
        String report = folder.report(entries, setting -> "--" + setting);
        console.out().printf(Locale.ROOT, "%n%s%n%s", StatusTable.of(folder, entries), report);
        if (!whole) {
            if (Interrupts.answers()) {
                console.say("greg: interrupted; all runs are saved, start the same command again to resume them");
            }
            return Failures.INTERRUPTED;
        }
        boolean finished =
                entries.stream().allMatch(entry -> folder.status(entry).state() == RunStatus.State.FINISHED);
        return finished ? 0 : Failures.RUN_FAILED;
    }

    private static void checkSpark() {
        try {
            SparkSweep.check();
        } catch (NoClassDefFoundError e) {
            throw new UsageException("--spark: there is no Spark on the class path (" + e.getMessage()
                    + "); start with 'spark-submit greg.jar sweep PLAN --spark'");
        }
    }

    private ChildCommand child(SweepPlan plan) {
        List<String> words =
                new ArrayList<>(List.of("sweep", file.toAbsolutePath().toString()));
        words.add("--out=" + plan.folder().path());
        words.addAll(instead().values());
        String program = spec.root().userObject().getClass().getName();
        return new ChildCommand(program, words, "--index", "--name", "--device", "--threads");
    }

    /** One run, in this process. */
    private int one(SweepPlan plan, Console console) throws Exception {
        List<Entry> entries = plan.entries();
        Checks.between("--index", 0, entries.size() - 1L, index);
        Entry entry = entries.get(index);
        if (name == null) plan.parse();
        else if (!name.equals(entry.name())) {
            throw new UsageException(file + ": run " + index + " was " + name
                    + " when the sweep was started, now it is " + entry.name() + "; start the sweep again");
        }
        Interrupts.severalRuns("the same command again resumes it");
        SweepFolder folder = plan.folder();
        FolderRun run = plan.run(index);
        folder.create();
        folder.begins(entry);
        console.say("run %d of %d, %s", index, entries.size(), entry.name());
        try {
            run(run, folder.run(entry), console);
        } catch (InterruptedRunException e) {
            if (Interrupts.answers()) {
                console.say("greg: %s", Interrupts.saved(" " + e.where(), plan.commandName(), e.folder()));
            }
            return Failures.INTERRUPTED;
        } catch (Exception | OutOfMemoryError | LinkageError e) {
            folder.failed(entry, Failures.line(e, plan.commandName()));
            throw e;
        }
        boolean last = entries.stream().allMatch(e -> folder.status(e).state() == RunStatus.State.FINISHED);
        if (last) folder.report(entries, setting -> "--" + setting);
        return 0;
    }

    private static void run(FolderRun run, Path folder, Console console) throws Exception {
        awaitFree(folder);
        RunFolder.settle(folder);
        if (run.begun()) run.resume(ResumedRun.read(folder, console));
        else run.begin(null);
    }

    /** Waits while the process that had the run saves it; should it go on running, the run says so. */
    private static void awaitFree(Path folder) throws InterruptedException {
        long start = System.nanoTime();
        try {
            while (RunFolder.isInUse(folder) && System.nanoTime() - start < PATIENCE_NANOS) Thread.sleep(POLL_MILLIS);
        } catch (IOException e) {
            throw new RunException(folder + " cannot be read (" + RunException.reason(e) + ")", e);
        }
    }
}
