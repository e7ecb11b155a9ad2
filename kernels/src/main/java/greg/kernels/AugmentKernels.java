package greg.kernels;

import greg.kernels.spec.AugmentSpec;

/** From stored bytes to network input. */
public interface AugmentKernels {
    /**
     * For sample i of the batch, with r = Philox(seed, counter + i): crop an (outH, outW) window from image {@code
     * indices[i]} padded by {@code pad} zero-valued pixels (offsets r0, r1 uniform in [0, 2 pad + H - outH]), flip it
     * left-right with probability 1/2 (r2), and write y[i,c,p,q] = (byte / 255 - mean[c]) / std[c] in float32; padding
     * is zero *before* normalisation, as in the usual recipe. Without {@code spec.random()} the window is centred and
     * nothing is flipped.
     *
     * @param images UINT8, (count, H, W, C)
     * @param indices INT32 (N), which image each sample is
     * @param y (N, C, outH, outW)
     */
    void batch(AugmentSpec spec, Storage images, Storage indices, long seed, long counter, Storage y);
}
