package greg.kernels.cuda;

import greg.kernels.GateKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GateSpec;

/** {@code gate.ptx}, in the layout of x. */
final class CudaGate implements GateKernels {
    private static final int PLANES = Launch.THREADS / 32;
    private static final int CHANNELS = 32;

    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaGate(CudaContext context, CudaLayouts layouts) {
        this.context = context;
        this.layouts = layouts;
    }

    @Override
    public void forward(GateSpec spec, Storage x, Storage gate, Storage y) {
        int n = Launch.elements("gate", spec.dims());
        CudaStorage source = layouts.dense(x, spec.dims());
        int together = source.layout() == CudaLayout.NHWC ? spec.channels() : 1;
        context.launch("gate", "gate")
                .add((long) n)
                .add(source)
                .add(y)
                .add(CudaStorage.dense(gate))
                .add(spec.h() * spec.w() * together)
                .add(together)
                .over(n, CudaElementwise.ELEMENTS);
        CudaStorage.of(y).wrotePlain();
        source.release();
    }

    @Override
    public void backwardGate(GateSpec spec, Storage x, Storage dy, Storage dgate) {
        Launch.elements("gateBackward", spec.dims());
        CudaStorage source = layouts.dense(x, spec.dims());
        CudaStorage gradient = layouts.dense(dy, spec.dims());
        int pixels = spec.h() * spec.w();
        if (source.layout() == CudaLayout.NCHW) {
            int planes = spec.n() * spec.channels();
            context.launch("gate", "gate_backward_planes")
                    .add(planes)
                    .add(pixels)
                    .add(source)
                    .add(gradient)
                    .add(dgate)
                    .over(planes, PLANES);
        } else {
            int groups = Launch.blocks(spec.channels(), CHANNELS);
            context.launch("gate", "gate_backward_rows")
                    .add(spec.channels())
                    .add(pixels)
                    .add(groups)
                    .add(source)
                    .add(gradient)
                    .add(dgate)
                    .grid(Math.multiplyExact(spec.n(), groups), 1, 1);
        }
        CudaStorage.of(dgate).wrotePlain();
        gradient.release();
        source.release();
    }
}
