package greg.kernels;

import greg.kernels.spec.BiasSpec;

/** Elementwise kernels over activations of n elements. Outputs may be the same storage as any input of equal length. */
public interface ElementwiseKernels {
    /** y = max(x, 0). */
    void relu(int[] dims, Storage x, Storage y);

    /** dx = dy where y &gt; 0, else 0; {@code y} is the output of the forward pass. */
    void reluBackward(int[] dims, Storage y, Storage dy, Storage dx);

    /** y = min(max(x, 0), 6). */
    void relu6(int[] dims, Storage x, Storage y);

    /** dx = dy where 0 &lt; y &lt; 6, else 0; {@code y} is the output of the forward pass. */
    void relu6Backward(int[] dims, Storage y, Storage dy, Storage dx);

    /** y = 1 / (1 + exp(-x)). */
    void sigmoid(int[] dims, Storage x, Storage y);

    /** dx = dy y (1 - y); {@code y} is the output of the forward pass. */
    void sigmoidBackward(int[] dims, Storage y, Storage dy, Storage dx);

    /** y = x s with s = 1 / (1 + exp(-x)) (SiLU, also called swish). */
    void silu(int[] dims, Storage x, Storage y);

    /** dx = dy s (1 + x (1 - s)) with s = 1 / (1 + exp(-x)); {@code x} is the input of the forward pass. */
    void siluBackward(int[] dims, Storage x, Storage dy, Storage dx);

    /**
     * y[i] = 0 where {@link Philox#uniform24}(word i mod 4 of Philox block(seed, i / 4, stream {@link Philox#DROPOUT} +
     * 2^32 step)) &lt; rate, else x[i] (float) (1 / (1 - rate)); i counts the elements in dense order (NCHW). The gradient's
     * rule is the same function of dy, so no mask is stored.
     *
     * @param rate in [0, 1)
     * @param step which mask of the seed's sequence, modulo 2^32
     */
    void dropout(int[] dims, float rate, long seed, long step, Storage x, Storage y);

    /** y = a + b. */
    void add(int[] dims, Storage a, Storage b, Storage y);

    /** y = a * b. */
    void multiply(int[] dims, Storage a, Storage b, Storage y);

    /** y = alpha * x. */
    void scale(int[] dims, float alpha, Storage x, Storage y);

    /** y = alpha * x, where {@code alpha} is one float on the device: the host need not know it. */
    void scale(int[] dims, Storage alpha, Storage x, Storage y);

    /** y[n,c,s] = x[n,c,s] + bias[c], then ReLU if the spec says so. */
    void bias(BiasSpec spec, Storage x, Storage bias, Storage y);

    /**
     * dbias[c] = sum over n and s of dy[n,c,s]. With ReLU, {@code dy} is already masked by it (see {@link
     * #reluBackward}).
     */
    void biasBackward(BiasSpec spec, Storage dy, Storage dbias);
}
