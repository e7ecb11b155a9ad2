package greg.kernels.inference;

/**
 * An {@link InferenceGraph} made ready on a backend for a number of images: kernels chosen by measuring them, weights packed,
 * memory allocated. Sums are in another order than op by op, so results agree to rounding, and another plan of the same graph may
 * choose other kernels. A plan is used from the thread that uses the backend, and copies the weights: later changes do not reach it.
 */
public interface InferencePlan extends AutoCloseable {
    /**
     * Computes the network's outputs.
     *
     * @param images (N, C, H, W), dense, normalised as in training; N is the number of images that the plan was made for
     * @param outputs receives (N, outputs)
     */
    void run(float[] images, float[] outputs);

    /**
     * As {@link #run} on whatever the memory holds, taking times.
     *
     * @param nanos receives for each node the time that a run spends in it, in nanoseconds
     */
    void time(long[] nanos);

    /** What was chosen, one line: how the images are distributed over the threads. */
    String description();

    @Override
    void close();
}
