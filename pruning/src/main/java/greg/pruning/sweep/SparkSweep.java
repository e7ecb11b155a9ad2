package greg.pruning.sweep;

import greg.pruning.run.RunException;
import greg.pruning.run.RunMonitor;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.resource.ResourceInformation;

/**
 * Runs of a sweep on a Spark cluster, the one class that knows Spark. A run is a job of one task, so that one that fails for good
 * ends no other; the task starts a process, as {@link Jobs} does. When an executor is lost, its process saves the run and ends,
 * and Spark gives the task to another one, which resumes the run from its folder.
 */
public final class SparkSweep {
    private static final String GPU = "gpu";
    private static final String GPUS_OF_A_TASK = "spark.task.resource.gpu.amount";
    private static final long POLL_MILLIS = 200;
    /** Long enough for the tasks of the check to spread over the executors. */
    private static final long SPREAD_MILLIS = 200;
    /** Exit codes from here on say which signal ended a process. */
    private static final int SIGNALLED = 128;

    private final JavaSparkContext spark;
    private final SweepFolder folder;
    private final Task task;
    private final RunMonitor monitor;
    private final Map<Entry, JavaFutureAction<List<Outcome>>> running = new LinkedHashMap<>();
    private boolean stopping;

    private SparkSweep(JavaSparkContext spark, SweepFolder folder, Task task, RunMonitor monitor) {
        this.spark = spark;
        this.folder = folder;
        this.task = task;
        this.monitor = monitor;
    }

    /**
     * What became of a task.
     *
     * @param code exit code of its process; -1 where the folder of the sweep is not there
     * @param host where it ran
     */
    private record Outcome(int code, String host) implements Serializable {
        private static final long serialVersionUID = 1L;
        private static final int UNSHARED = -1;
    }

    /** Refuses settings of Spark with which no run would begin; NoClassDefFoundError where there is no Spark. */
    public static void check() {
        SparkConf conf = new SparkConf();
        String master = conf.get("spark.master", "");
        if (master.isEmpty()) {
            throw new UsageException("Spark: no master is named; start greg.jar with spark-submit");
        }
        if (master.startsWith("local") && !conf.get(GPUS_OF_A_TASK, "0").equals("0")) {
            throw new UsageException("Spark: the master " + master + " has no GPUs to give to tasks, which would wait"
                    + " for ever; leave out " + GPUS_OF_A_TASK + ", or use a cluster");
        }
    }

    /**
     * Makes the runs that are not finished.
     *
     * @param title of the application, for Spark's own pages
     * @param monitor told of each end; where it asks to stop, all runs are saved and end
     * @return whether it was not asked to stop
     * @throws UsageException if an executor does not see the folder
     */
    public static boolean run(
            SweepFolder folder, List<Entry> open, ChildCommand command, String title, RunMonitor monitor) {
        SparkConf conf = new SparkConf().setAppName(title);
        // of two copies of a run, one would find its folder in use
        conf.set("spark.speculation", "false");
        // the folder is looked for where all runs will be
        conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1");
        Path token = folder.path().toAbsolutePath().resolve("shared-" + UUID.randomUUID());
        try {
            Files.createFile(token);
            try (JavaSparkContext spark = new JavaSparkContext(conf)) {
                Path here = Path.of("").toAbsolutePath();
                Task task =
                        new Task(folder.path().toAbsolutePath().toString(), token.toString(), here.toString(), command);
                return new SparkSweep(spark, folder, task, monitor).run(open);
            } finally {
                Files.deleteIfExists(token);
            }
        } catch (IOException e) {
            throw new RunException("out = " + folder.path() + " cannot be written (" + RunException.reason(e) + ")", e);
        }
    }

    private boolean run(List<Entry> open) {
        int slots = Math.max(1, spark.defaultParallelism());
        List<Integer> numbers = IntStream.range(0, slots).boxed().toList();
        spark.parallelize(numbers, slots).map(new Check(task)).collect().forEach(this::checkShared);
        for (Entry entry : open) {
            folder.begins(entry);
            spark.setJobGroup(entry.name(), entry.name(), true); // a task that is cancelled is interrupted
            running.put(entry, spark.parallelize(List.of(entry), 1).map(task).collectAsync());
        }
        try {
            while (!running.isEmpty()) {
                if (monitor.stopRequested()) {
                    stopping = true;
                    return false;
                }
                monitor.unsaved(true);
                for (Iterator<Entry> each = new ArrayList<>(running.keySet()).iterator(); each.hasNext(); ) {
                    Entry entry = each.next();
                    if (running.get(entry).isDone()) ended(entry, running.remove(entry));
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopping = true;
        } finally {
            monitor.unsaved(false);
            spark.sc().cancelAllJobs();
        }
        return !stopping;
    }

    private void checkShared(Outcome outcome) {
        if (outcome.code != Outcome.UNSHARED) return;
        throw new UsageException("out = " + folder.path().toAbsolutePath() + " or the current folder " + task.directory
                + " is not there on " + outcome.host + "; runs on a cluster need folders that all its machines share");
    }

    private void ended(Entry entry, JavaFutureAction<List<Outcome>> future) throws InterruptedException {
        RunStatus status;
        String where = "";
        try {
            Outcome outcome = future.get().get(0);
            checkShared(outcome);
            status = Jobs.settled(folder, entry, outcome.code, stopping);
            where = " on " + outcome.host;
        } catch (ExecutionException e) {
            if (monitor.stopRequested()) return; // Spark has stopped itself already
            Throwable cause = e.getCause() == null ? e : e.getCause();
            folder.failed(
                    entry,
                    "Spark: "
                            + String.valueOf(cause.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(cause.toString()));
            status = folder.status(entry);
        }
        monitor.say("%d %s%s: %s", entry.index(), entry.name(), where, status);
    }

    /** Makes one run, on an executor. */
    private static final class Task implements Function<Entry, Outcome> {
        private static final long serialVersionUID = 1L;

        private final String folder;
        private final String token;
        private final String directory;
        private final ChildCommand command;

        Task(String folder, String token, String directory, ChildCommand command) {
            this.folder = folder;
            this.token = token;
            this.directory = directory;
            this.command = command;
        }

        boolean shared() {
            return Files.exists(Path.of(token)) && Files.isDirectory(Path.of(directory));
        }

        @Override
        public Outcome call(Entry entry) throws IOException, InterruptedException {
            String host = host();
            if (!shared()) return new Outcome(Outcome.UNSHARED, host);
            TaskContext context = TaskContext.get();
            ResourceInformation gpus = context.resourcesJMap().get(GPU);
            String gpu = gpus == null ? null : gpus.addresses()[0];
            Path log = new SweepFolder(Path.of(folder)).log(entry);
            String assigned =
                    "attempt " + context.attemptNumber() + " on " + host + (gpu == null ? "" : ", gpu " + gpu);
            Files.writeString(log, assigned + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            String device = gpu == null || entry.ownDevice() ? null : "cuda:" + gpu;
            int threads = entry.ownThreads() ? 0 : context.cpus();
            int code = Jobs.await(command.start(
                    entry, device, threads, log, Path.of(directory).toFile()));
            if (code > SIGNALLED) throw new IOException("the process of the run was ended with exit code " + code);
            return new Outcome(code, host);
        }
    }

    /** Looks for the folders, on an executor. */
    private static final class Check implements Function<Integer, Outcome> {
        private static final long serialVersionUID = 1L;

        private final Task task;

        Check(Task task) {
            this.task = task;
        }

        @Override
        public Outcome call(Integer number) throws IOException, InterruptedException {
            Thread.sleep(SPREAD_MILLIS);
            return new Outcome(task.shared() ? 0 : Outcome.UNSHARED, host());
        }
    }

    private static String host() throws IOException {
        return InetAddress.getLocalHost().getHostName();
    }
}
