package greg.kernels;

import greg.kernels.spec.BatchNormSpec;

/**
 * Batch normalization over (N, H, W) per channel of x (N, C, H, W), with its fused forms: y = act(BN(x) [+ residual]).
 *
 * <p>BN(x) = gamma (x - mean) / sqrt(var + eps) + beta. Training uses the biased batch variance and updates
 * running = (1 - momentum) running + momentum batch, with the unbiased variance (factor M/(M-1), M = N H W), as
 * PyTorch.
 */
public interface BatchNormKernels {
    /** Bytes of the UINT8 storage that carries what {@link #backward} needs (statistics, ReLU mask) for this spec. */
    long savedBytes(BatchNormSpec spec);

    /**
     * Training form. A channel of a single element has no variance (M = 1): ops reject it, as PyTorch does.
     *
     * @param residual (N, C, H, W), only with {@code Fusion.ADD_RELU}, else null
     * @param saved output for {@link #backward}, of {@link #savedBytes} bytes
     */
    void forwardTraining(
            BatchNormSpec spec,
            Storage x,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage runningMean,
            Storage runningVar,
            Storage y,
            Storage saved);

    /** Inference form: with the running statistics in place of the batch's. */
    void forwardInference(
            BatchNormSpec spec,
            Storage x,
            Storage residual,
            Storage gamma,
            Storage beta,
            Storage runningMean,
            Storage runningVar,
            Storage y);

    /** Whether {@link #backward} is as fast over {@code dy} as into another storage; if not, the caller takes another. */
    default boolean backwardInPlace() {
        return true;
    }

    /**
     * Gradients of the training form.
     *
     * @param y the forward output (read by the fused forms)
     * @param dy gradient of y; is overwritten when {@code dx} or {@code dresidual} is the same storage
     * @param dx gradient of x; may be {@code dy} unless the spec adds a residual
     * @param dresidual gradient of the residual (with ADD_RELU, else null); may be {@code dy}
     */
    void backward(
            BatchNormSpec spec,
            Storage x,
            Storage y,
            Storage gamma,
            Storage beta,
            Storage saved,
            Storage dy,
            Storage dx,
            Storage dresidual,
            Storage dgamma,
            Storage dbeta);

    /**
     * Gradients of the inference form, in which the running statistics are constants. With g = dy masked by the ReLU (y &gt;
     * 0) and s = 1 / sqrt(running variance + eps): dx = gamma s g, dresidual = g, dbeta = sum g and dgamma = sum g (x -
     * running mean) s. Every output may be null if it is not needed.
     *
     * @param y the forward output (read by the fused forms)
     * @param dy gradient of y; is overwritten when {@code dx} or {@code dresidual} is the same storage
     * @param dx gradient of x; may be {@code dy} unless the spec adds a residual
     * @param dresidual gradient of the residual (with ADD_RELU, else null); may be {@code dy}
     */
    void backwardInference(
            BatchNormSpec spec,
            Storage x,
            Storage y,
            Storage gamma,
            Storage runningMean,
            Storage runningVar,
            Storage dy,
            Storage dx,
            Storage dresidual,
            Storage dgamma,
            Storage dbeta);
}
