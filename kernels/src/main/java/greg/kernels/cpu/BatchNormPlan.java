package greg.kernels.cpu;

/**
 * The primitives of one batch normalisation in one layout.
 *
 * @param forward arguments x, y, mean, variance, gamma, beta, then the ReLU mask if there is one
 * @param backward arguments dy, dx, x, mean, variance, gamma, dgamma, dbeta, then the ReLU mask; null for inference
 * @param layout of x, y and their gradients
 * @param maskBytes size of the ReLU mask, 0 without
 */
record BatchNormPlan(Plan forward, Plan backward, Layout layout, long maskBytes) {
    void close() {
        forward.close();
        if (backward != null) backward.close();
    }
}
