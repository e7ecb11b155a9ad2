package greg.kernels;

import greg.kernels.spec.AugmentSpec;

/** From stored bytes to network input. */
public interface AugmentKernels {
    /**
     * For sample i of the batch: crop an (outH, outW) window from image {@code indices[i]} padded by {@code pad}
     * zero-valued pixels, flip it left-right, and write y[i,c,p,q] = ((float) byte / 255 - mean[c]) / std[c], each of
     * the three operations rounded to float32. Padding is zero *before* normalization, as is usual.
     *
     * <p>With {@code spec.random()} the window's offsets in the padded image and the flip are the integers
     *
     * <pre>
     * (r0, r1, r2, -) = Philox block(seed, counter + i, stream {@link Philox#AUGMENT})
     * top  = r0 (2 pad + h - outH + 1) &gt;&gt; 32         (unsigned 32 x 32 bit product, its upper word)
     * left = r1 (2 pad + w - outW + 1) &gt;&gt; 32
     * flipped = spec.flip() and r2 &gt;&gt; 31 == 1
     * </pre>
     *
     * Without it the window is centred, top = (2 pad + h - outH) / 2 rounded down, and nothing is flipped.
     *
     * @param images UINT8, (count, H, W, C)
     * @param indices INT32 (N), which image each sample is
     * @param y (N, C, outH, outW)
     */
    void batch(AugmentSpec spec, Storage images, Storage indices, long seed, long counter, Storage y);
}
