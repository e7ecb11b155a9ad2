package greg.kernels.cuda;

import greg.kernels.DType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Gradients of weights as cuDNN computes them in bfloat16. The gradient is a float32 storage like any other, but its content
 * stays in a block of bfloat16 that goes with it, with equal indices, until somebody takes the storage with {@link
 * CudaStorage#of}: only then is it widened. An update reads the block itself, so a step that only updates widens nothing.
 */
final class NarrowGradients {
    private final CudaContext context;
    private final DeviceMemory memory;
    /** In the order of their writes. */
    private final Set<CudaStorage> narrow = new LinkedHashSet<>();

    NarrowGradients(CudaContext context, DeviceMemory memory) {
        this.context = context;
        this.memory = memory;
    }

    /** Where a kernel is to write the gradient {@code dw} in bfloat16; to be followed by {@link #wrote}. */
    CudaStorage block(CudaStorage dw) {
        // a recorded step that writes the block writes the gradient
        context.uses(dw);
        // of the gradient's own size, so that it never has to be replaced: recorded steps hold its address
        if (dw.narrow() == null) dw.narrow(memory.take(DType.BFLOAT16, dw.length(), dw.room()), this);
        return dw.narrow();
    }

    /** A kernel has written the block of a gradient (K, C, R, S) in KRSC with this pitch. */
    void wrote(CudaStorage dw, int[] dims, int pitch) {
        dw.narrow().wroteChannelsLast(dims, pitch);
        dw.wroteNarrow();
    }

    /** For {@link CudaStorage}: the content of {@code dw} is narrow from now on. */
    void add(CudaStorage dw) {
        narrow.add(dw);
    }

    /** For {@link CudaStorage}: it no longer is. */
    void remove(CudaStorage dw) {
        narrow.remove(dw);
    }

    /** The gradient in float32 in its own memory. */
    void widen(CudaStorage dw) {
        // first, since the launch asks for the address
        dw.isNarrow(false);
        context.launch("transfer", "from_bf16")
                .add(dw.extent())
                .add(dw.narrow())
                .add(dw)
                .over(dw.extent(), CudaElementwise.ELEMENTS);
    }

    /**
     * All of them: before a step is recorded, whose replays would otherwise read bfloat16 also after a write in float32 between
     * them. An update that is recorded without the backward pass reads float32, then, and must have run so once.
     */
    void widenAll() {
        for (CudaStorage dw : List.copyOf(narrow)) widen(dw);
    }
}
