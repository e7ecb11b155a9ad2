package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.GateKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GateSpec;

/** {@code gate.ptx}. */
final class CudaGate implements GateKernels {
    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudaLayouts layouts;

    CudaGate(CudaContext context, DeviceMemory memory, CudaLayouts layouts) {
        this.context = context;
        this.memory = memory;
        this.layouts = layouts;
    }

    @Override
    public void forward(GateSpec spec, Storage x, Storage gate, Storage y) {
        int pixels = Launch.elements("gate", spec.h(), spec.w());
        int pitch = layouts.pitch(spec.channels());
        long n = Launch.quads("gate", spec.dims(), pitch);
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage out = layouts.target(y, spec.dims());
        CudaStorage factors = layouts.dense(gate, matrix(spec));
        context.launch("gate", "gate", layouts.type())
                .add(in)
                .add(out)
                .add(factors)
                .add(spec.channels())
                .add(pitch / 4)
                .add(pixels)
                .add(n)
                .over(n, Launch.THREADS);
        layouts.wrote(out, y, spec.dims());
        factors.release();
        in.release();
    }

    /** A gate (N, C), or one that a convolution has computed, as an activation of one pixel. */
    private static int[] matrix(GateSpec spec) {
        return new int[] {spec.n(), spec.channels(), 1, 1};
    }

    @Override
    public void backwardGate(GateSpec spec, Storage x, Storage dy, Storage dgate) {
        int pixels = Launch.elements("gateBackward", spec.h(), spec.w());
        int pitch = layouts.pitch(spec.channels());
        ChannelTiles tiles = ChannelTiles.sums(pixels, pitch);
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage gradient = layouts.activation(dy, spec.dims());
        CudaStorage target = CudaStorage.of(dgate);
        CudaStorage sums = target.type() == DType.FLOAT32 ? target : memory.take(DType.FLOAT32, target.length());
        context.launch("gate", "gate_backward", layouts.type())
                .add(in)
                .add(gradient)
                .add(sums)
                .add(spec.channels())
                .add(pitch)
                .add(pixels)
                .add(tiles.span())
                .add(tiles.step())
                .grid(spec.n(), tiles.tiles(), 1);
        sums.wrotePlain();
        if (sums != target) {
            CudaStorage narrow = layouts.activation(sums, matrix(spec));
            context.copy(narrow, target);
            target.wroteLike(narrow);
            narrow.release();
            sums.release();
        }
        gradient.release();
        in.release();
    }
}
