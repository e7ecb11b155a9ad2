package greg.kernels;

import greg.kernels.spec.Pool2dSpec;

/** 2-D pooling of x (N, C, H, W) into y (N, C, OH, OW). */
public interface Pool2dKernels {
    /**
     * Bytes of the UINT8 storage that tells max pooling's backward where the maxima were; 1 where nothing is needed.
     */
    long savedBytes(Pool2dSpec spec);

    /** Writes y, and {@code saved} unless it is null (inference). Ties of max pooling go to the first in row order. */
    void forward(Pool2dSpec spec, Storage x, Storage y, Storage saved);

    /** dx from dy; overlapping windows are summed. */
    void backward(Pool2dSpec spec, Storage dy, Storage saved, Storage dx);

    /** y[n,c] = mean over the h*w positions of x[n,c,:,:]. */
    void globalAverage(int n, int c, int h, int w, Storage x, Storage y);

    /** dx[n,c,:,:] = dy[n,c] / (h w). */
    void globalAverageBackward(int n, int c, int h, int w, Storage dy, Storage dx);
}
