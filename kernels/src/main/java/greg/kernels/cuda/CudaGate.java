package greg.kernels.cuda;

import greg.kernels.GateKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GateSpec;

/** {@code gate.ptx}. */
final class CudaGate implements GateKernels {
    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaGate(CudaContext context, CudaLayouts layouts) {
        this.context = context;
        this.layouts = layouts;
    }

    @Override
    public void forward(GateSpec spec, Storage x, Storage gate, Storage y) {
        int pixels = Launch.elements("gate", spec.h(), spec.w());
        int pitch = layouts.pitch(spec.channels());
        long n = Launch.quads("gate", spec.dims(), pitch);
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage out = layouts.target(y, spec.dims());
        context.launch("gate", "gate", layouts.type())
                .add(in)
                .add(out)
                .add(CudaStorage.dense(gate))
                .add(spec.channels())
                .add(pitch / 4)
                .add(pixels)
                .add(n)
                .over(n, Launch.THREADS);
        layouts.wrote(out, y, spec.dims());
        in.release();
    }

    @Override
    public void backwardGate(GateSpec spec, Storage x, Storage dy, Storage dgate) {
        int pixels = Launch.elements("gateBackward", spec.h(), spec.w());
        int pitch = layouts.pitch(spec.channels());
        ChannelTiles tiles = ChannelTiles.sums(pixels, pitch);
        CudaStorage in = layouts.activation(x, spec.dims());
        CudaStorage gradient = layouts.activation(dy, spec.dims());
        context.launch("gate", "gate_backward", layouts.type())
                .add(in)
                .add(gradient)
                .add(dgate)
                .add(spec.channels())
                .add(pitch)
                .add(pixels)
                .add(tiles.span())
                .add(tiles.step())
                .grid(spec.n(), tiles.tiles(), 1);
        CudaStorage.of(dgate).wrotePlain();
        gradient.release();
        in.release();
    }
}
