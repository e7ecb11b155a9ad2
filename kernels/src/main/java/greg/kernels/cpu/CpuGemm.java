package greg.kernels.cpu;

import greg.kernels.GemmKernels;
import greg.kernels.Storage;
import greg.kernels.spec.GemmSpec;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;

/** Matrix products through oneDNN's matmul; transposition is a matter of strides. */
final class CpuGemm implements GemmKernels {
    private final OneDnn dnn;
    private final Plans<Plan> plans;

    CpuGemm(OneDnn dnn) {
        this.dnn = dnn;
        this.plans = new Plans<>(dnn);
    }

    @Override
    public void gemm(GemmSpec spec, Storage a, Storage b, Storage c) {
        CpuStorage output = CpuStorage.of(c);
        plans.get(spec, () -> plan(spec))
                .bind(0, CpuStorage.dense(a))
                .bind(1, CpuStorage.dense(b))
                .bind(2, output)
                .run();
        output.wrotePlain();
    }

    private Plan plan(GemmSpec s) {
        memory.desc a = matrix(s.m(), s.k(), s.transA());
        memory.desc b = matrix(s.k(), s.n(), s.transB());
        memory.desc c = matrix(s.m(), s.n(), false);
        matmul.primitive_desc desc;
        if (s.accumulate()) {
            post_ops former = new post_ops();
            former.append_sum();
            primitive_attr attributes = new primitive_attr();
            attributes.set_post_ops(former);
            desc = new matmul.primitive_desc(dnn.engine(), a, b, c, attributes, false);
        } else {
            desc = new matmul.primitive_desc(dnn.engine(), a, b, c);
        }
        return new Plan(dnn, new primitive(desc), OneDnn.name(desc))
                .argument(dnnl.DNNL_ARG_SRC, a)
                .argument(dnnl.DNNL_ARG_WEIGHTS, b)
                .argument(dnnl.DNNL_ARG_DST, c);
    }

    private static memory.desc matrix(long rows, long columns, boolean transposed) {
        long[] strides = transposed ? new long[] {1, rows} : new long[] {columns, 1};
        return new memory.desc(new long[] {rows, columns}, memory.data_type.f32, strides);
    }

    void close() {
        plans.all().forEach(Plan::close);
    }
}
