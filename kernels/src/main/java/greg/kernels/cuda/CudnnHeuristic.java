package greg.kernels.cuda;

/** In which way cuDNN proposes engines, in the order in which they are asked. */
enum CudnnHeuristic {
    /** A decision tree: all that cuDNN thinks of. */
    A(3),
    /** A neural network, slower; for few kinds of convolution. */
    B(1),
    /** Engines that run anything, however slowly. */
    FALLBACK(2);

    final int number;

    CudnnHeuristic(int number) {
        this.number = number;
    }
}
