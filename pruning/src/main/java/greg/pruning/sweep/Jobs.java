package greg.pruning.sweep;

import greg.pruning.run.RunException;
import greg.pruning.run.RunMonitor;
import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Runs of a sweep on this machine: several at a time, each in a process of its own, so that one that fails, or whose JVM dies,
 * takes no other with it.
 */
public final class Jobs {
    private static final long POLL_MILLIS = 100;

    private final SweepFolder folder;
    private final ChildCommand command;
    private final RunMonitor monitor;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final List<Job> running = new ArrayList<>();
    private final List<String> devices;
    private final int threads;
    private boolean stopping;

    private record Job(Entry entry, int slot, Process process) {}

    private Jobs(
            SweepFolder folder, ChildCommand command, int jobs, List<String> devices, int threads, RunMonitor monitor) {
        this.folder = folder;
        this.command = command;
        this.monitor = monitor;
        this.devices = devices;
        this.threads = threads;
        for (int slot = 0; slot < jobs; slot++) free.add(slot);
    }

    /**
     * Makes the runs that are not finished.
     *
     * @param jobs how many at a time
     * @param devices of the jobs, in turn; none: as the plan says
     * @param threads of each that has none of its own; 0: as many as it wants
     * @param monitor told of each beginning and end; where it asks to stop, all runs are saved and end
     * @return whether it was not asked to stop
     */
    public static boolean run(
            SweepFolder folder,
            List<Entry> open,
            ChildCommand command,
            int jobs,
            List<String> devices,
            int threads,
            RunMonitor monitor) {
        return new Jobs(folder, command, jobs, devices, threads, monitor).run(open);
    }

    private boolean run(List<Entry> open) {
        Deque<Entry> waiting = new ArrayDeque<>(open);
        try {
            while (!running.isEmpty() || !waiting.isEmpty() && !stopping) {
                if (!stopping && monitor.stopRequested()) stop();
                while (!stopping && !free.isEmpty() && !waiting.isEmpty()) start(waiting.remove());
                for (Iterator<Job> each = running.iterator(); each.hasNext(); ) {
                    Job job = each.next();
                    if (job.process.isAlive()) continue;
                    each.remove();
                    ended(job);
                }
                monitor.unsaved(!running.isEmpty()); // by processes that would be left behind
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        } finally {
            if (!stopping) running.forEach(job -> end(job.process)); // after an error
        }
        return !stopping;
    }

    private void start(Entry entry) {
        int slot = free.remove();
        String device = devices.isEmpty() ? null : devices.get(slot % devices.size());
        folder.begins(entry);
        try {
            File here = new File("").getAbsoluteFile();
            Process process = command.start(entry, device, entry.ownThreads() ? 0 : threads, folder.log(entry), here);
            running.add(new Job(entry, slot, process));
        } catch (IOException e) {
            throw new RunException("no process can be started for a run (" + RunException.reason(e) + ")", e);
        }
        monitor.say("%d %s: started", entry.index(), entry.name());
    }

    private void ended(Job job) {
        free.add(job.slot);
        int code = job.process.exitValue();
        RunStatus status = settled(folder, job.entry, code, stopping);
        monitor.say("%d %s: %s", job.entry.index(), job.entry.name(), status);
    }

    /** What has become of a run whose process has ended; one that says nothing of its end, as after a crash, has failed. */
    static RunStatus settled(SweepFolder folder, Entry entry, int code, boolean stopping) {
        RunStatus status = folder.status(entry);
        boolean silent = status.state() != RunStatus.State.FINISHED && status.state() != RunStatus.State.FAILED;
        if (!silent || stopping) return status;
        folder.failed(entry, "its process ended with exit code " + code + "; see " + folder.log(entry));
        return folder.status(entry);
    }

    private void stop() {
        stopping = true;
        running.forEach(job -> end(job.process));
    }

    /** Waits for the end of a run; its exit code. A thread that is interrupted meanwhile asks the run to save and end. */
    static int await(Process process) throws InterruptedException {
        try {
            return process.waitFor();
        } finally {
            if (process.isAlive()) end(process);
        }
    }

    /** Asks a run to save and end. */
    static void end(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroy(); // its input is gone already; it is about to end
        }
    }
}
