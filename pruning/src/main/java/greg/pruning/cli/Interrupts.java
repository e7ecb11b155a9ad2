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
    private static final long MOMENT_NANOS = 500_000_000L;

    private static final long POLL_MILLIS = 10;
    private static final CountDownLatch DONE = new CountDownLatch(1);
    private static final AtomicBoolean ANSWERED = new AtomicBoolean();
    private static volatile boolean requested;
    private static volatile boolean unsaved;
    private static volatile String answer = "interrupted";
    private static volatile String again = "";
    private static volatile String several;
    private static volatile int callsLeft;

    private Interrupts() {}

    /**
     * Installs the shutdown hook; for the program, not for tests.
     *
     * @param err where it answers if the command is cut off
     * @param terminal whether that is one, on which the line of a progress bar has to be ended
     */
    static void install(PrintWriter err, boolean terminal) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(err, terminal), "greg-interrupt"));
    }

    private static void shutDown(PrintWriter err, boolean terminal) {
        requested = true;
        long saved = System.nanoTime();
        try {
            while (!DONE.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                if (unsaved) saved = now;
                if (now - saved < MOMENT_NANOS) continue;
                if (!answers()) {
                    DONE.await(MOMENT_NANOS, TimeUnit.NANOSECONDS); // the command is about to say so
                    return;
                }
                if (!Parallel.speaks()) return;
                if (terminal) err.println();
                err.println("greg: " + answer);
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
        if (several != null) return "interrupted" + where + " (" + folder + "); everything is saved, " + several;
        return "interrupted" + where + "; everything is saved, resume with: greg " + command + " --resume " + folder
                + again;
    }

    /**
     * A command begins.
     *
     * @param flag that must be given again to resume its run, with a blank before it; empty if there is none
     */
    static void commandBegins(String flag) {
        again = flag;
        several = null;
    }

    /** The command makes several runs; {@code remedy} says how all are completed after an interrupt in one of them. */
    static void severalRuns(String remedy) {
        several = remedy;
    }

    /** Whether the caller is to say that the command was interrupted: it is said once. */
    static boolean answers() {
        return !requested || ANSWERED.compareAndSet(false, true);
    }

    /** A run begins in this folder; {@code saved} says whether it has a checkpoint. One that has none gets it first. */
    static void begins(String command, Path folder, boolean saved) {
        answer = saved("", command, folder);
        unsaved(!saved);
    }

    /** A step was taken (true), or a checkpoint written. */
    static void unsaved(boolean steps) {
        unsaved = steps;
    }

    /** The command has ended: a shutdown no longer waits for it. */
    static void done() {
        DONE.countDown();
    }

    /** Whether the JVM is shutting down. */
    static boolean shutsDown() {
        return requested;
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
