package greg.pruning.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C: the Java machine starts its shutdown while the run goes on, so a loop that asks {@link #requested()} after every
 * step can save its state; the machine waits for it and then exits with 130, which is its own code for an interrupt.
 */
final class Interrupts {
    private static final long PATIENCE_SECONDS = 60;
    private static final CountDownLatch DONE = new CountDownLatch(1);
    private static volatile boolean requested;
    private static volatile int questionsLeft;

    private Interrupts() {}

    /** Starts to listen; for the program, not for tests. */
    static void install() {
        Runtime.getRuntime().addShutdownHook(new Thread(Interrupts::waitForTheRun, "greg-interrupt"));
    }

    private static void waitForTheRun() {
        requested = true;
        try {
            DONE.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the machine is going down anyhow
        }
    }

    /** The run is over, nothing waits for it any more. */
    static void done() {
        DONE.countDown();
    }

    /** For tests: the {@code nth} question from now on, and only that one, is answered with yes. */
    static void pretend(int nth) {
        questionsLeft = nth;
    }

    /** Whether the run is to stop; loops ask once after every step. */
    static boolean requested() {
        if (questionsLeft > 0 && --questionsLeft == 0) return true;
        return requested;
    }
}
