package greg.kernels.cpu;

import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceNode.Convolution;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/** What oneDNN does to a result before it writes it. All scratch memory is handed in, so that several threads can share a primitive. */
final class PostOps {
    private PostOps() {}

    /** How oneDNN writes a function: an algorithm and its two constants. */
    record Formula(int algorithm, float alpha, float beta) {}

    static Formula formula(Activation activation) {
        return switch (activation) {
            case NONE -> new Formula(dnnl.dnnl_eltwise_linear, 1, 0);
            case RELU -> new Formula(dnnl.dnnl_eltwise_relu, 0, 0);
            case RELU6 -> new Formula(dnnl.dnnl_eltwise_clip, 0, 6);
            case SIGMOID -> new Formula(dnnl.dnnl_eltwise_logistic, 0, 0);
            case SILU -> new Formula(dnnl.dnnl_eltwise_swish, 1, 0);
        };
    }

    /** A residual, then the activation; the residual lies in the output already if {@code inPlace}, else it is an argument. */
    static primitive_attr of(Convolution conv, memory.desc y, boolean inPlace) {
        post_ops ops = new post_ops();
        if (conv.residual() != Convolution.NO_RESIDUAL) {
            if (inPlace) ops.append_sum();
            else ops.append_binary(dnnl.dnnl_binary_add, y);
        }
        return attributes(ops, conv.activation());
    }

    /** The result is added to what lies there. */
    static primitive_attr sum() {
        post_ops ops = new post_ops();
        ops.append_sum();
        primitive_attr attributes = new primitive_attr();
        attributes.set_post_ops(ops);
        return attributes;
    }

    /** The activation alone. */
    static primitive_attr of(Activation activation) {
        return attributes(new post_ops(), activation);
    }

    private static primitive_attr attributes(post_ops ops, Activation activation) {
        if (activation != Activation.NONE) {
            Formula formula = formula(activation);
            ops.append_eltwise(formula.algorithm, formula.alpha, formula.beta);
        }
        primitive_attr attributes = new primitive_attr();
        attributes.set_post_ops(ops);
        attributes.set_scratchpad_mode(dnnl.dnnl_scratchpad_mode_user);
        return attributes;
    }
}
