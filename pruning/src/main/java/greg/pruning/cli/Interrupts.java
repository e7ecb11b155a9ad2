package greg.pruning.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C and SIGTERM: the JVM starts to shut down while the command continues. As long as there are training steps that no
 * checkpoint has, the shutdown waits: a loop that asks {@link #requested()} after every step saves them. Everything else may
 * be cut off; it only gets a moment to end by itself. The JVM then exits with its own code, 130 or 143.
 */
final class Interrupts {
    private static final long MOMENT_MILLIS = 1000;
    /** For a step and the checkpoint after it. */
    private static final long MOST_MILLIS = 60_000;

    private static final long POLL_MILLIS = 10;
    private static final CountDownLatch DONE = new CountDownLatch(1);
    private static final AtomicBoolean ANSWERED = new AtomicBoolean();
    private static volatile boolean requested;
    private static volatile boolean unsaved;
    private static volatile String answer;
    private static volatile boolean resumable;
    private static volatile int callsLeft;

    private Interrupts() {}

    /**
     * Installs the shutdown hook; for the program, not for tests.
     *
     * @param err where it answers if the command is cut off
     */
    static void install(PrintWriter err) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(err), "greg-interrupt"));
    }

    private static void shutDown(PrintWriter err) {
        requested = true;
        long start = System.nanoTime();
        try {
            while (!DONE.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                long millis = (System.nanoTime() - start) / 1_000_000;
                if (millis < MOMENT_MILLIS || unsaved && millis < MOST_MILLIS) continue;
                if (!answers()) return;
                if (System.console() != null) err.println(); // ends the line of a progress bar
                err.println("greg: " + (unsaved || !resumable ? "interrupted" : answer));
                err.flush();
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread; the JVM ends in any case
        }
    }

    /**
     * What is said to an interrupted run of which everything is saved.
     *
     * @param where it was, as in {@code " in growth after iteration 7"}
     */
    static String saved(String where, String command, Path folder) {
        return "interrupted" + where + "; everything is saved, resume with: greg " + command + " --resume " + folder;
    }

    /** Whether the caller is to say that the command was interrupted: it is said once. */
    static boolean answers() {
        return !requested || ANSWERED.compareAndSet(false, true);
    }

    /**
     * A run begins.
     *
     * @param command that resumes it
     * @param saved whether it has a checkpoint already
     */
    static void begins(String command, Path folder, boolean saved) {
        answer = saved("", command, folder);
        resumable = saved;
        unsaved = false;
    }

    /** A step was taken (true), or a checkpoint written. */
    static void unsaved(boolean steps) {
        unsaved = steps;
        if (!steps) resumable = true;
    }

    /** The command has ended: a shutdown no longer waits for it. */
    static void done() {
        DONE.countDown();
    }

    /** For tests: the {@code nth} call of {@link #requested()} from now on, and only that one, returns true. */
    static void pretend(int nth) {
        callsLeft = nth;
    }

    /** Whether the run should stop; loops ask once after every step. */
    static boolean requested() {
        if (callsLeft > 0 && --callsLeft == 0) return true;
        return requested;
    }
}
