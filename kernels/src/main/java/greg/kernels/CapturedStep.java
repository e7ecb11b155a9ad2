package greg.kernels;

/**
 * The kernels of a step, recorded once by {@link Backend#capture} and run again with one call. What is recorded is addresses
 * and arguments, not data. Numbers that belong to a step (that of Adam's step, of dropout's masks, of a random sample) are
 * those of the capture in the first launch and count on from launch to launch.
 */
public interface CapturedStep extends AutoCloseable {
    /**
     * Runs the step, after everything issued before. To the storages that it writes this is a write like any other, and it finds
     * those that the host has written since: what is derived from their content is made anew.
     */
    void launch();

    /**
     * Counts what was done by calls since the last launch, so that the next one continues from there.
     *
     * @param steps of the optimizer, and of dropout
     * @param samples that were cropped and flipped at random
     */
    void skip(long steps, long samples);

    /** Frees it; what it holds stays until the last launch has finished. A second call does nothing. */
    @Override
    void close();
}
