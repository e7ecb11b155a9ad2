package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.spec.GroupIndex;

/**
 * A slot of an update whose arrays have one layout: elements of equal index belong together. Arrays that the kernel does not
 * use are null.
 *
 * @param gradient FLOAT32, or BFLOAT16 as a convolution has left it
 * @param dims shape of the weight
 * @param pitch channels and their padding in the order (K, R, S, channel), or 0 for the host's
 * @param half the weight's copy in the type of activations, which is written in the same pass, or null
 * @param groups null without lambda and l1
 * @param firstGroup where they begin in those
 */
record ArrangedSlot(
        CudaStorage weight,
        CudaStorage gradient,
        CudaStorage momentum,
        CudaStorage variance,
        CudaStorage mask,
        CudaStorage half,
        CudaStorage lambda,
        CudaStorage l1,
        GroupIndex groups,
        int firstGroup,
        int[] dims,
        int pitch) {
    /** The number of {@link #arrays()}. */
    static final int ARRAYS = 8;

    /** In the order of a tile's record. */
    CudaStorage[] arrays() {
        return new CudaStorage[] {weight, gradient, momentum, variance, mask, half, lambda, l1};
    }

    boolean narrowGradient() {
        return gradient != null && gradient.type() == DType.BFLOAT16;
    }

    WeightMatrix matrix() {
        return pitch == 0
                ? WeightMatrix.dense(Math.toIntExact(weight.length()), groups)
                : WeightMatrix.channelsLast(dims, pitch, groups);
    }
}
