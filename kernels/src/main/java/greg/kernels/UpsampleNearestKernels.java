package greg.kernels;

import greg.kernels.spec.UpsampleNearestSpec;

/** Larger images by repeating pixels: x (N, C, H, W), y (N, C, H factorH, W factorW). */
public interface UpsampleNearestKernels {
    /** y[n,c,p,q] = x[n, c, p / factorH, q / factorW], rounded down. */
    void forward(UpsampleNearestSpec spec, Storage x, Storage y);

    /** dx[n,c,h,w] = the sum of dy over the block that x[n,c,h,w] became, row by row. */
    void backward(UpsampleNearestSpec spec, Storage dy, Storage dx);
}
