package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import java.util.Arrays;

/**
 * Weights in bfloat16 for convolutions that read activations in bfloat16. Each weight keeps such a copy, with equal
 * indices; the update writes it in its pass over the weight, so that it is made here only before the first step and after the
 * host has written the weight.
 */
final class PackedWeights {
    private final CudaContext context;
    private final DeviceMemory memory;

    PackedWeights(CudaContext context, DeviceMemory memory) {
        this.context = context;
        this.memory = memory;
    }

    /**
     * The copy of a weight (K, C, R, S), which must be {@linkplain CudaLayouts#arrange arranged} with this pitch. The weight owns
     * it.
     */
    CudaStorage half(CudaStorage weight, int[] dims, int pitch) {
        if (weight.type() != DType.FLOAT32 || !weight.isChannelsLast(dims, pitch)) {
            throw new KernelException("cuda: expected a float32 weight " + Arrays.toString(dims) + " in KRSC with "
                    + pitch + " channels, got " + weight.type() + " in " + weight.layout() + "; arrange it first");
        }
        // a recorded step that reads the copy depends on the weight, from which it must be current in every replay
        context.uses(weight);
        CudaStorage half = weight.half();
        if (half == null || !half.isChannelsLast(dims, pitch)) {
            half = memory.take(DType.BFLOAT16, weight.length(), weight.room());
            weight.half(half);
        }
        if (weight.halfIsCurrent()) {
            context.uses(half);
            return half;
        }
        cast(context, weight, half, (long) dims[0] * dims[2] * dims[3] * pitch);
        half.wroteChannelsLast(dims, pitch);
        weight.halfIsCurrent(true);
        return half;
    }

    /** Makes the copy of a weight current, where a recorded step expects it. */
    static void refresh(CudaContext context, CudaStorage weight) {
        if (weight.halfIsCurrent()) return;
        cast(context, weight, weight.half(), weight.extent());
        weight.wroteHalf();
    }

    private static void cast(CudaContext context, CudaStorage weight, CudaStorage half, long elements) {
        context.launch("transfer", "to_bf16")
                .add(elements)
                .add(weight)
                .add(half)
                .over(elements, CudaElementwise.ELEMENTS);
    }
}
