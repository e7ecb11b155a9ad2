package greg.kernels.cpu;

import greg.kernels.ElementwiseKernels;
import greg.kernels.Philox;
import greg.kernels.Storage;
import greg.kernels.spec.BiasSpec;
import org.bytedeco.dnnl.binary;
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

    private record Key(String kind, long n, float alpha) {}

    private record BiasKey(BiasSpec spec, Layout layout) {}

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

    private void unary(String kind, int algorithm, float alpha, float beta, int[] dims, Storage x, Storage y) {
        long n = count(dims);
        Plan plan = plans.get(new Key(kind, n, alpha), () -> {
            memory.desc v = Layout.vector(n);
            var desc = new eltwise_forward.primitive_desc(
                    dnn.engine(), dnnl.dnnl_forward_inference, algorithm, v, v, alpha, beta);
            return new Plan(dnn, new primitive(desc), OneDnn.name(desc), Layout.PLAIN, Layout.PLAIN)
                    .argument(dnnl.DNNL_ARG_SRC, v)
                    .argument(dnnl.DNNL_ARG_DST, v);
        });
        CpuStorage input = CpuStorage.of(x);
        CpuStorage output = CpuStorage.of(y);
        plan.bind(0, input).bind(1, output).run();
        output.wroteLike(input);
    }

    @Override
    public void reluBackward(int[] dims, Storage y, Storage dy, Storage dx) {
        unaryBackward("reluBackward", dnnl.dnnl_eltwise_relu_use_dst_for_bwd, 0, dims, y, dy, dx);
    }

    @Override
    public void relu6(int[] dims, Storage x, Storage y) {
        unary("relu6", dnnl.dnnl_eltwise_clip_v2, 0, SIX, dims, x, y);
    }

    @Override
    public void relu6Backward(int[] dims, Storage y, Storage dy, Storage dx) {
        unaryBackward("relu6Backward", dnnl.dnnl_eltwise_clip_v2_use_dst_for_bwd, SIX, dims, y, dy, dx);
    }

    /** The gradient of a function that is told by its result y; the lower bound of both is 0. */
    private void unaryBackward(String kind, int algorithm, float upper, int[] dims, Storage y, Storage dy, Storage dx) {
        long n = count(dims);
        Plan plan = plans.get(new Key(kind, n, 0), () -> {
            memory.desc v = Layout.vector(n);
            var forward = new eltwise_forward.primitive_desc(
                    dnn.engine(), dnnl.dnnl_forward_training, algorithm, v, v, 0, upper);
            var desc = new eltwise_backward.primitive_desc(dnn.engine(), algorithm, v, v, v, 0, upper, forward);
            return new Plan(dnn, new primitive(desc), OneDnn.name(desc), Layout.PLAIN, Layout.PLAIN)
                    .argument(dnnl.DNNL_ARG_DST, v)
                    .argument(dnnl.DNNL_ARG_DIFF_DST, v)
                    .argument(dnnl.DNNL_ARG_DIFF_SRC, v);
        });
        CpuStorage output = CpuStorage.of(y);
        CpuStorage gradient = reorders.as(output.layout(), CpuStorage.of(dy), dims);
        CpuStorage result = CpuStorage.of(dx);
        plan.bind(0, output).bind(1, gradient).bind(2, result).run();
        result.wroteLike(output);
        gradient.release();
    }

    @Override
    public void dropout(int[] dims, float rate, long seed, Storage x, Storage y) {
        CpuStorage input = reorders.as(Layout.PLAIN, CpuStorage.of(x), dims);
        CpuStorage output = CpuStorage.of(y);
        float scale = (float) (1 / (1 - (double) rate));
        for (long at = 0; at < y.length(); at += CHUNK) {
            int n = (int) Math.min(CHUNK, y.length() - at);
            input.block.read(at, chunk, 0, n);
            for (int i = 0; i < n; i++) {
                if (i % 4 == 0) Philox.block(seed, (at + i) / 4, Philox.DROPOUT, words);
                chunk[i] = Philox.uniform24(words[i % 4]) < rate ? 0 : chunk[i] * scale;
            }
            output.block.write(at, chunk, 0, n);
        }
        output.wrotePlain();
        input.release();
    }

    @Override
    public void add(int[] dims, Storage a, Storage b, Storage y) {
        sum(dims, a, b, y, false);
    }

    /** y = max(a + b, 0). */
    void addRelu(int[] dims, Storage a, Storage b, Storage y) {
        sum(dims, a, b, y, true);
    }

    private void sum(int[] dims, Storage a, Storage b, Storage y, boolean relu) {
        long n = count(dims);
        Plan plan = plans.get(new Key(relu ? "addRelu" : "add", n, 0), () -> {
            memory.desc v = Layout.vector(n);
            return binary(v, v, relu, Layout.PLAIN);
        });
        CpuStorage first = CpuStorage.of(a);
        CpuStorage second = reorders.as(first.layout(), CpuStorage.of(b), dims);
        CpuStorage output = CpuStorage.of(y);
        // in place is fastest over the first operand
        boolean swap = output.block == second.block;
        plan.bind(0, swap ? second : first)
                .bind(1, swap ? first : second)
                .bind(2, output)
                .run();
        output.wroteLike(first);
        second.release();
    }

    private Plan binary(memory.desc a, memory.desc b, boolean relu, Layout layout) {
        int add = dnnl.dnnl_binary_add;
        var desc = relu
                ? new binary.primitive_desc(dnn.engine(), add, a, b, a, OneDnn.thenRelu(), false)
                : new binary.primitive_desc(dnn.engine(), add, a, b, a);
        return new Plan(dnn, new primitive(desc), OneDnn.name(desc), layout, layout)
                .argument(dnnl.DNNL_ARG_SRC_0, a)
                .argument(dnnl.DNNL_ARG_SRC_1, b)
                .argument(dnnl.DNNL_ARG_DST, a);
    }

    @Override
    public void bias(BiasSpec spec, Storage x, Storage bias, Storage y) {
        CpuStorage input = CpuStorage.of(x);
        Layout layout = input.layout();
        Plan plan = plans.get(new BiasKey(spec, layout), () -> {
            memory.desc perChannel = Layout.PLAIN.desc(1, spec.channels(), 1, 1);
            return binary(layout.desc(spec.dims()), perChannel, spec.relu(), layout);
        });
        CpuStorage output = CpuStorage.of(y);
        plan.bind(0, input).bind(1, CpuStorage.dense(bias)).bind(2, output).run();
        output.wroteLike(input);
    }

    @Override
    public void biasBackward(BiasSpec spec, Storage dy, Storage dbias) {
        biasGradient.run(spec, CpuStorage.of(dy), CpuStorage.of(dbias));
    }

    void close() {
        plans.all().forEach(Plan::close);
    }
}
