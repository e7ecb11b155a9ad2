package greg.kernels;

import greg.kernels.spec.ConcatSpec;
import java.util.List;

/** Concatenation of several inputs along the channels, and its gradient. */
public interface ConcatKernels {
    /** y[n, offset(i) + c, :, :] = xs[i][n, c, :, :]. No input may be y. */
    void forward(ConcatSpec spec, List<Storage> xs, Storage y);

    /** dx[n, c, :, :] = dy[n, offset(input) + c, :, :]: the part of the gradient that belongs to one input. */
    void backward(ConcatSpec spec, int input, Storage dy, Storage dx);
}
