package greg.pruning.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C: the JVM starts to shut down while the run continues, so a loop that asks {@link #requested()} after every step can
 * save its state; the shutdown waits for that, and the JVM then exits with 130, its own exit code for an interrupt.
 */
final class Interrupts {
    private static final long MAX_WAIT_SECONDS = 60;
    private static final CountDownLatch DONE = new CountDownLatch(1);
    private static volatile boolean requested;
    private static volatile int callsLeft;

    private Interrupts() {}

    /** Installs the shutdown hook; for the program, not for tests. */
    static void install() {
        Runtime.getRuntime().addShutdownHook(new Thread(Interrupts::waitForTheRun, "greg-interrupt"));
    }

    private static void waitForTheRun() {
        requested = true;
        try {
            DONE.await(MAX_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the JVM is shutting down
        }
    }

    /** The run has ended: a shutdown no longer waits for it. */
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
