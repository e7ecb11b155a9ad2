package greg.kernels.cpu;

/**
 * A convolution or one of its gradients: the primitive, the order in which it needs the weight, and the layouts of x and
 * y (dx and dy) that it was made for.
 */
record ConvPlan(Plan plan, WeightFormat format, LayoutChoice.Pair layouts) {
    void close() {
        plan.close();
    }
}
