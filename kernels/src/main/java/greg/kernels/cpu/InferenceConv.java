package greg.kernels.cpu;

import greg.kernels.inference.InferenceNode.Convolution;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.FloatPointer;

/** A convolution with its weights as oneDNN wants them, computed in the way of a candidate. */
final class InferenceConv {
    private final InferenceCall call;
    private final memory weight;
    private final memory bias;

    /**
     * Packs the weights.
     *
     * @param x the value that is read
     * @param residual the value that is added, not read where it is in place
     * @param y the value that is written
     */
    InferenceConv(
            OneDnn dnn,
            Convolution conv,
            ConvCandidate candidate,
            int images,
            boolean inPlace,
            int x,
            int residual,
            int y) {
        ConvCandidate.View view = candidate.view(dnn, conv, images, inPlace);
        weight = new memory(view.packed(), dnn.engine()).retainReference();
        memory dense = filled(dnn, view.dense(), candidate.weight(conv));
        new reorder(dense, weight).execute(dnn.stream(), dense, weight);
        float[] terms = candidate.bias(conv);
        bias = filled(dnn, Layout.vector(terms.length), terms).retainReference();
        call = new InferenceCall(view.desc())
                .value(dnnl.DNNL_ARG_SRC, view.x(), x)
                .constant(dnnl.DNNL_ARG_WEIGHTS, weight)
                .constant(dnnl.DNNL_ARG_BIAS, bias)
                .value(dnnl.DNNL_ARG_DST, view.y(), y);
        if (conv.residual() != Convolution.NO_RESIDUAL && !inPlace) {
            call.value(dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1, view.y(), residual);
        }
    }

    private static memory filled(OneDnn dnn, memory.desc desc, float[] values) {
        memory filled = new memory(desc, dnn.engine());
        new FloatPointer(filled.get_data_handle()).put(values);
        return filled;
    }

    InferenceCall call() {
        return call;
    }

    /** Frees the weights; the call is closed by whoever runs it. */
    void close() {
        weight.releaseReference();
        bias.releaseReference();
    }
}
