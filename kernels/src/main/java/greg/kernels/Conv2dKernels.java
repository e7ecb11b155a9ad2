package greg.kernels;

import greg.kernels.spec.Conv2dSpec;

/**
 * 2-D cross-correlation as in PyTorch: x (N, Cin, H, W), w (Cout, Cin/groups, KH, KW) dense, y (N, Cout, OH, OW).
 *
 * <p>y[n,o,p,q] = b[o] + sum over c,i,j of w[o,c,i,j] x[n, g(o) Cin/groups + c, p sH - pH + i dH, q sW - pW + j dW]
 */
public interface Conv2dKernels {
    /** Writes y; {@code bias} (Cout) may be null. */
    void forward(Conv2dSpec spec, Storage x, Storage w, Storage bias, Storage y);

    /** dx: gradient with respect to x. */
    void backwardData(Conv2dSpec spec, Storage w, Storage dy, Storage dx);

    /** Whether {@link #addBackwardData} is there and pays for this convolution; if not, the caller adds. */
    default boolean accumulates(Conv2dSpec spec) {
        return false;
    }

    /** dx += the gradient with respect to x, where x has been read by others as well: no addition of its own is needed. */
    default void addBackwardData(Conv2dSpec spec, Storage w, Storage dy, Storage dx) {
        throw new UnsupportedOperationException("conv2d: this backend does not add to gradients; see accumulates()");
    }

    /** dw: gradient with respect to w; db (may be null): sum of dy over n, p, q. */
    void backwardWeights(Conv2dSpec spec, Storage x, Storage dy, Storage dw, Storage db);
}
