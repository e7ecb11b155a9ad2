package greg.kernels.cpu;

import greg.kernels.DType;

/**
 * A convolution or one of its gradients: the primitive, the order in which it needs the weight, and the layouts and the type
 * of x and y (dx and dy) that it was made for.
 */
record ConvPlan(Plan plan, WeightFormat format, LayoutChoice.Pair layouts, DType type) {
    void close() {
        plan.close();
    }
}
