package greg.kernels.cpu;

import greg.kernels.DType;

/**
 * The primitives of one pooling in one layout and type.
 *
 * @param training arguments x, y, then the positions of the maxima if there are any
 * @param inference arguments x, y
 * @param backward arguments dy, dx, then the positions
 * @param layout of x and y
 * @param type of x and y
 * @param positionBytes size of the positions, 0 for averages
 */
record PoolPlan(Plan training, Plan inference, Plan backward, Layout layout, DType type, long positionBytes) {
    void close() {
        training.close();
        inference.close();
        backward.close();
    }
}
