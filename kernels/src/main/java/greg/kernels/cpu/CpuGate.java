package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.GateKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GateSpec;
import java.util.Arrays;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;

/** Products by oneDNN in the layout of x; the gate's gradient by loops over heap scratch, sums in double. */
final class CpuGate implements GateKernels {
    private static final int CHUNK = 4096;

    private final OneDnn dnn;
    private final Reorders reorders;
    private final Plans<Plan> plans;
    private float[] left = new float[CHUNK];
    private float[] right = new float[CHUNK];
    private double[] sums = new double[1];
    private float[] row = new float[1];

    private record Key(GateSpec spec, DType type, Layout layout) {}

    CpuGate(OneDnn dnn, Reorders reorders) {
        this.dnn = dnn;
        this.reorders = reorders;
        this.plans = new Plans<>(dnn);
    }

    @Override
    public void forward(GateSpec spec, Storage x, Storage gate, Storage y) {
        CpuStorage given = CpuStorage.of(x);
        CpuStorage output = CpuStorage.of(y);
        DType type = CpuStorage.type(given, output);
        CpuStorage input = reorders.as(given.layout(), type, given, spec.dims());
        CpuStorage target = reorders.target(type, output);
        plan(spec, type, input.layout())
                .bind(0, input)
                .bind(1, CpuStorage.dense(gate))
                .bind(2, target)
                .run();
        reorders.wrote(target, input.layout(), output, spec.dims());
        input.release();
    }

    Plan plan(GateSpec spec, DType type, Layout layout) {
        return plans.get(new Key(spec, type, layout), () -> {
            memory.desc factors = layout.perChannel(spec.n(), spec.channels());
            return Plan.binary(dnn, dnnl.dnnl_binary_mul, layout.desc(type, spec.dims()), factors, false);
        });
    }

    @Override
    public void backwardGate(GateSpec spec, Storage x, Storage dy, Storage dgate) {
        CpuStorage input = CpuStorage.of(x);
        CpuStorage gradient = reorders.as(input.layout(), CpuStorage.of(dy), spec.dims());
        CpuStorage result = CpuStorage.of(dgate);
        int pixels = spec.h() * spec.w();
        int wide = pixels == 1 ? spec.channels() : input.layout().together(spec.channels());
        if (sums.length < wide) {
            sums = new double[wide];
            row = new float[wide];
        }
        long pieces = (long) spec.n() * spec.channels() / wide;
        for (long piece = 0; piece < pieces; piece++) {
            accumulate(input, gradient, piece * pixels * wide, pixels, wide);
            for (int c = 0; c < wide; c++) row[c] = (float) sums[c];
            result.block.write(piece * wide, row, 0, wide);
        }
        result.wrotePlain();
        gradient.release();
    }

    /** sums[c] = sum over the pixels of dy x, {@code wide} channels side by side from element {@code at} on. */
    private void accumulate(CpuStorage x, CpuStorage dy, long at, int pixels, int wide) {
        Arrays.fill(sums, 0, wide, 0);
        int atOnce = Math.max(1, CHUNK / wide);
        if (left.length < wide) {
            left = new float[wide];
            right = new float[wide];
        }
        for (int pixel = 0; pixel < pixels; pixel += atOnce) {
            int length = Math.min(atOnce, pixels - pixel) * wide;
            x.read(at + (long) pixel * wide, left, 0, length);
            dy.read(at + (long) pixel * wide, right, 0, length);
            if (wide == 1) {
                sums[0] += Sums.products(left, right, 0, length);
                continue;
            }
            for (int i = 0; i < length; i += wide) {
                for (int c = 0; c < wide; c++) sums[c] += (double) right[i + c] * left[i + c];
            }
        }
    }

    void close() {
        plans.all().forEach(Plan::close);
    }
}
