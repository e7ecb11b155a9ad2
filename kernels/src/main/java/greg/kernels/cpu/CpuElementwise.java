package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.ElementwiseKernels;
import greg.kernels.Philox;
import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;

/**
 * Elementwise kernels. Where operands share a layout the order of the elements does not matter, and oneDNN sees one row of
 * n elements; an operand in another layout than the first is reordered.
 */
final class CpuElementwise implements ElementwiseKernels {
    private static final float SIX = 6;
    private static final int CHUNK = 4096;

    private final OneDnn dnn;
    private final Reorders reorders;
    private final Plans<Plan> plans;
    private final BiasGradient biasGradient = new BiasGradient();
    private final float[] chunk = new float[CHUNK];
    private final int[] words = new int[4];

    private record Key(String kind, DType type, long n, float alpha) {}

    private record BiasKey(BiasSpec spec, DType type, Layout layout) {}

    CpuElementwise(OneDnn dnn, Reorders reorders) {
        this.dnn = dnn;
        this.reorders = reorders;
        this.plans = new Plans<>(dnn);
    }

    private static long count(int[] dims) {
        long n = 1;
        for (int d : dims) n *= d;
        return n;
    }

    @Override
    public void relu(int[] dims, Storage x, Storage y) {
        unary("relu", dnnl.dnnl_eltwise_relu, 0, 0, dims, x, y);
    }

    @Override
    public void scale(int[] dims, float alpha, Storage x, Storage y) {
        unary("scale", dnnl.dnnl_eltwise_linear, alpha, 0, dims, x, y);
    }

    /** Not a plan, which has its factor built in. */
    @Override
    public void scale(int[] dims, Storage alpha, Storage x, Storage y) {
        CpuStorage input = CpuStorage.of(x);
        CpuStorage output = CpuStorage.of(y);
        float[] factor = new float[1];
        CpuStorage.of(alpha).block.read(0, factor, 0, 1);
        for (long at = 0; at < y.length(); at += CHUNK) {
            int n = (int) Math.min(CHUNK, y.length() - at);
            input.read(at, chunk, 0, n);
            for (int i = 0; i < n; i++) chunk[i] *= factor[0];
            output.write(at, chunk, 0, n);
        }
        output.wroteLike(input);
    }

    private void unary(String kind, int algorithm, float alpha, float beta, int[] dims, Storage x, Storage y) {
        long n = count(dims);
        CpuStorage output = CpuStorage.of(y);
        DType type = CpuStorage.type(CpuStorage.of(x), output);
        Plan plan = plans.get(new Key(kind, type, n, alpha), () -> {
            memory.desc v = Layout.vector(type, n);
            var desc = new eltwise_forward.primitive_desc(
                    dnn.engine(), dnnl.dnnl_forward_inference, algorithm, v, v, alpha, beta);
            return new Plan(dnn, new primitive(desc), OneDnn.name(desc))
                    .argument(dnnl.DNNL_ARG_SRC, v)
                    .argument(dnnl.DNNL_ARG_DST, v);
        });
        CpuStorage input = as(type, x, dims);
        CpuStorage target = reorders.target(type, output);
        plan.bind(0, input).bind(1, target).run();
        reorders.wrote(target, input.layout(), output, dims);
        input.release();
    }

    /** In the layout that it has. */
    private CpuStorage as(DType type, Storage x, int[] dims) {
        CpuStorage given = CpuStorage.of(x);
        return reorders.as(given.layout(), type, given, dims);
    }

    @Override
    public void reluBackward(int[] dims, Storage y, Storage dy, Storage dx) {
        int algorithm = dnnl.dnnl_eltwise_relu_use_dst_for_bwd;
        unaryBackward("reluBackward", algorithm, dnnl.DNNL_ARG_DST, 0, 0, dims, y, dy, dx);
    }

    @Override
    public void relu6(int[] dims, Storage x, Storage y) {
        unary("relu6", dnnl.dnnl_eltwise_clip_v2, 0, SIX, dims, x, y);
    }

    @Override
    public void relu6Backward(int[] dims, Storage y, Storage dy, Storage dx) {
        int algorithm = dnnl.dnnl_eltwise_clip_v2_use_dst_for_bwd;
        unaryBackward("relu6Backward", algorithm, dnnl.DNNL_ARG_DST, 0, SIX, dims, y, dy, dx);
    }

    @Override
    public void sigmoid(int[] dims, Storage x, Storage y) {
        unary("sigmoid", dnnl.dnnl_eltwise_logistic, 0, 0, dims, x, y);
    }

    @Override
    public void sigmoidBackward(int[] dims, Storage y, Storage dy, Storage dx) {
        int algorithm = dnnl.dnnl_eltwise_logistic_use_dst_for_bwd;
        unaryBackward("sigmoidBackward", algorithm, dnnl.DNNL_ARG_DST, 0, 0, dims, y, dy, dx);
    }

    @Override
    public void silu(int[] dims, Storage x, Storage y) {
        unary("silu", dnnl.dnnl_eltwise_swish, 1, 0, dims, x, y);
    }

    @Override
    public void siluBackward(int[] dims, Storage x, Storage dy, Storage dx) {
        unaryBackward("siluBackward", dnnl.dnnl_eltwise_swish, dnnl.DNNL_ARG_SRC, 1, 0, dims, x, dy, dx);
    }

    /**
     * dx of y = f(x).
     *
     * @param argument whether {@code known} is x ({@code DNNL_ARG_SRC}) or y ({@code DNNL_ARG_DST}); the algorithm
     *     must be of the same kind
     */
    private void unaryBackward(
            String kind,
            int algorithm,
            int argument,
            float alpha,
            float beta,
            int[] dims,
            Storage known,
            Storage dy,
            Storage dx) {
        long n = count(dims);
        CpuStorage result = CpuStorage.of(dx);
        DType type = CpuStorage.type(CpuStorage.of(known), CpuStorage.of(dy), result);
        Plan plan = plans.get(new Key(kind, type, n, 0), () -> {
            memory.desc v = Layout.vector(type, n);
            var forward = new eltwise_forward.primitive_desc(
                    dnn.engine(), dnnl.dnnl_forward_training, algorithm, v, v, alpha, beta);
            var desc = new eltwise_backward.primitive_desc(dnn.engine(), algorithm, v, v, v, alpha, beta, forward);
            return new Plan(dnn, new primitive(desc), OneDnn.name(desc))
                    .argument(argument, v)
                    .argument(dnnl.DNNL_ARG_DIFF_DST, v)
                    .argument(dnnl.DNNL_ARG_DIFF_SRC, v);
        });
        CpuStorage leading = as(type, known, dims);
        CpuStorage gradient = reorders.as(leading.layout(), type, CpuStorage.of(dy), dims);
        CpuStorage target = reorders.target(type, result);
        plan.bind(0, leading).bind(1, gradient).bind(2, target).run();
        reorders.wrote(target, leading.layout(), result, dims);
        gradient.release();
        leading.release();
    }

    @Override
    public void dropout(int[] dims, float rate, long seed, long step, Storage x, Storage y) {
        CpuStorage input = reorders.as(Layout.PLAIN, CpuStorage.of(x), dims);
        CpuStorage output = CpuStorage.of(y);
        float scale = (float) (1 / (1 - (double) rate));
        for (long at = 0; at < y.length(); at += CHUNK) {
            int n = (int) Math.min(CHUNK, y.length() - at);
            input.read(at, chunk, 0, n);
            for (int i = 0; i < n; i++) {
                if (i % 4 == 0) Philox.block(seed, (at + i) / 4, Philox.DROPOUT + (step << 32), words);
                chunk[i] = Philox.uniform24(words[i % 4]) < rate ? 0 : chunk[i] * scale;
            }
            output.write(at, chunk, 0, n);
        }
        output.wrotePlain();
        input.release();
    }

    @Override
    public void add(int[] dims, Storage a, Storage b, Storage y) {
        binary("add", dnnl.dnnl_binary_add, false, dims, a, b, y);
    }

    /** y = max(a + b, 0). */
    void addRelu(int[] dims, Storage a, Storage b, Storage y) {
        binary("addRelu", dnnl.dnnl_binary_add, true, dims, a, b, y);
    }

    @Override
    public void multiply(int[] dims, Storage a, Storage b, Storage y) {
        binary("multiply", dnnl.dnnl_binary_mul, false, dims, a, b, y);
    }

    /** A commutative function of two numbers. */
    private void binary(String kind, int algorithm, boolean relu, int[] dims, Storage a, Storage b, Storage y) {
        long n = count(dims);
        CpuStorage output = CpuStorage.of(y);
        DType type = CpuStorage.type(CpuStorage.of(a), CpuStorage.of(b), output);
        Plan plan = plans.get(new Key(kind, type, n, 0), () -> {
            memory.desc v = Layout.vector(type, n);
            return Plan.binary(dnn, algorithm, v, v, relu);
        });
        CpuStorage first = as(type, a, dims);
        CpuStorage second = reorders.as(first.layout(), type, CpuStorage.of(b), dims);
        CpuStorage target = reorders.target(type, output);
        // in place is fastest over the first operand
        boolean swap = target.block == second.block;
        plan.bind(0, swap ? second : first)
                .bind(1, swap ? first : second)
                .bind(2, target)
                .run();
        reorders.wrote(target, first.layout(), output, dims);
        second.release();
        first.release();
    }

    @Override
    public void bias(BiasSpec spec, Storage x, Storage bias, Storage y) {
        CpuStorage output = CpuStorage.of(y);
        DType type = CpuStorage.type(CpuStorage.of(x), output);
        CpuStorage input = as(type, x, spec.dims());
        CpuStorage target = reorders.target(type, output);
        biasPlan(spec, type, input.layout())
                .bind(0, input)
                .bind(1, CpuStorage.dense(bias))
                .bind(2, target)
                .run();
        reorders.wrote(target, input.layout(), output, spec.dims());
        input.release();
    }

    Plan biasPlan(BiasSpec spec, DType type, Layout layout) {
        return plans.get(new BiasKey(spec, type, layout), () -> {
            memory.desc bias = layout.perChannel(1, spec.channels());
            return Plan.binary(dnn, dnnl.dnnl_binary_add, layout.desc(type, spec.dims()), bias, spec.relu());
        });
    }

    @Override
    public void biasBackward(BiasSpec spec, Storage dy, Storage dbias) {
        biasGradient.run(spec, CpuStorage.of(dy), CpuStorage.of(dbias));
    }

    void close() {
        plans.all().forEach(Plan::close);
    }
}
