package greg.kernels.cpu;

import greg.kernels.DType;

/**
 * The primitives of one batch normalization in one layout and type.
 *
 * <p>With {@code copies} k above 1 they treat k pixels of C channels as one of k C channels, see {@link BatchNormLanes};
 * per-channel arguments then have k C elements, and mean and variance are inputs of {@code forward} and {@code backward}.
 *
 * @param forward arguments x, y, mean, variance, gamma, beta, then the ReLU mask if there is one
 * @param backward arguments dy, dx, x, mean, variance, gamma, dgamma, dbeta, then the ReLU mask; null for inference
 * @param layout of x, y and their gradients
 * @param type of x, y and their gradients; all that belongs to a channel is FLOAT32
 * @param maskBytes size of the ReLU mask, 0 without
 * @param copies k
 * @param statistics for training with k above 1: arguments x, y (overwritten), mean, variance; else null
 * @param correction for training with k above 1: as {@code forward}, for inference and without ReLU; else null
 */
record BatchNormPlan(
        Plan forward,
        Plan backward,
        Layout layout,
        DType type,
        long maskBytes,
        int copies,
        Plan statistics,
        Plan correction) {
    void close() {
        forward.close();
        if (backward != null) backward.close();
        if (statistics != null) statistics.close();
        if (correction != null) correction.close();
    }
}
