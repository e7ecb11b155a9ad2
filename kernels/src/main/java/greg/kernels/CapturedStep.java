package greg.kernels;

/**
 * The kernels of a step, recorded once by {@link Backend#capture} and run again with one call. What is recorded is addresses
 * and arguments, not data. Numbers that belong to a step (that of Adam's step, of dropout's masks, of a random sample) are
 * those of the capture in the first launch and count on from launch to launch.
 */
public interface CapturedStep extends AutoCloseable {
    /** Runs the step, after everything issued before. Counts as a write of all that the step writes. */
    void launch();

    /**
     * Counts what was done by calls since the last launch, so that the next one continues from there.
     *
     * @param steps of the optimizer, and of dropout
     * @param samples that were cropped and flipped at random
     */
    void skip(long steps, long samples);

    /**
     * Whether the elements of all storages that the step uses lie in the order in which they lay when it was captured. If not,
     * as after an upload to a weight that kernels keep in an order of their own, a launch would misread them: the step
     * must be captured again.
     */
    boolean current();

    /** Frees it; what it holds stays until the last launch has finished. A second call does nothing. */
    @Override
    void close();
}
