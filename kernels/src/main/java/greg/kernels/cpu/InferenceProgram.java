package greg.kernels.cpu;

import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferenceNode;
import greg.kernels.inference.InferenceNode.Binary;
import greg.kernels.inference.InferenceNode.Concatenation;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.inference.InferenceNode.Function;
import greg.kernels.inference.InferenceNode.Pooling;
import greg.kernels.inference.InferenceNode.Upsampling;
import greg.kernels.spec.Pool2dSpec;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.concat;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory_desc_vector;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;

/**
 * oneDNN's primitives for all nodes of a graph and a number of images, with every value channels last. It holds no memory of
 * values, so that several lanes can run it at the same time.
 */
final class InferenceProgram {
    private final OneDnn dnn;
    private final InferenceGraph graph;
    private final int images;
    private final InferenceSlots slots;
    private final List<List<InferenceCall>> calls = new ArrayList<>();
    private final List<InferenceConv> convolutions = new ArrayList<>();

    /** Builds the primitives for the calling thread's team of {@code threads}. */
    InferenceProgram(OneDnn dnn, InferenceGraph graph, int images, int threads, ConvTimings timings) {
        this.dnn = dnn;
        this.graph = graph;
        this.images = images;
        slots = new InferenceSlots(graph);
        try {
            for (int i = 0; i < graph.nodes().size(); i++) {
                InferenceNode node = graph.nodes().get(i);
                int y = i + 1;
                calls.add(OneDnn.scoped(() -> calls(node, y, threads, timings)));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private List<InferenceCall> calls(InferenceNode node, int y, int threads, ConvTimings timings) {
        if (node instanceof Convolution conv) return convolution(conv, y, threads, timings);
        if (node instanceof Pooling pooling) return List.of(pooling(pooling, y));
        if (node instanceof Function function) return List.of(function(function, y));
        if (node instanceof Binary operation) return binary(operation, y);
        if (node instanceof Concatenation concatenation) return List.of(concatenation(concatenation, y));
        return upsampling((Upsampling) node, y);
    }

    InferenceGraph graph() {
        return graph;
    }

    int images() {
        return images;
    }

    InferenceSlots slots() {
        return slots;
    }

    /** The calls of each node. */
    List<List<InferenceCall>> calls() {
        return calls;
    }

    private List<InferenceCall> convolution(Convolution conv, int y, int threads, ConvTimings timings) {
        boolean inPlace = slots.inPlace(y - 1);
        ConvCandidate candidate = timings.fastest(conv, images, threads, inPlace);
        InferenceConv built = new InferenceConv(dnn, conv, candidate, images, inPlace, conv.x(), conv.residual(), y);
        convolutions.add(built);
        return List.of(built.call());
    }

    private InferenceCall pooling(Pooling pooling, int y) {
        Pool2dSpec s = pooling.spec();
        Pool2dSpec spec = new Pool2dSpec(
                s.kind(),
                images,
                s.channels(),
                s.h(),
                s.w(),
                s.kernelH(),
                s.kernelW(),
                s.strideH(),
                s.strideW(),
                s.padH(),
                s.padW(),
                s.ceilMode());
        var desc = new PoolPlanner(dnn).inference(spec);
        return new InferenceCall(desc)
                .value(dnnl.DNNL_ARG_SRC, Layout.NHWC.desc(spec.xDims()), pooling.x())
                .value(dnnl.DNNL_ARG_DST, Layout.NHWC.desc(spec.yDims()), y);
    }

    private InferenceCall function(Function function, int y) {
        memory.desc desc = desc(function.x());
        PostOps.Formula formula = PostOps.formula(function.activation());
        var eltwise = new eltwise_forward.primitive_desc(
                dnn.engine(),
                dnnl.dnnl_forward_inference,
                formula.algorithm(),
                desc,
                desc,
                formula.alpha(),
                formula.beta(),
                PostOps.of(Activation.NONE),
                false);
        return new InferenceCall(eltwise)
                .value(dnnl.DNNL_ARG_SRC, desc, function.x())
                .value(dnnl.DNNL_ARG_DST, desc, y);
    }

    /** Factors per channel image by image: oneDNN has fast code only where all images share them. */
    private List<InferenceCall> binary(Binary operation, int y) {
        int algorithm = operation.product() ? dnnl.dnnl_binary_mul : dnnl.dnnl_binary_add;
        primitive_attr attributes = PostOps.of(operation.activation());
        int together = operation.perChannel() ? 1 : images;
        int[] dims = operation.yDims();
        memory.desc a = Layout.NHWC.desc(together, dims[1], dims[2], dims[3]);
        memory.desc b = operation.perChannel() ? Layout.NHWC.desc(1, dims[1], 1, 1) : a;
        List<InferenceCall> result = new ArrayList<>();
        for (int image = 0; image < images; image += together) {
            var desc = new binary.primitive_desc(dnn.engine(), algorithm, a, b, a, attributes, false);
            result.add(new InferenceCall(desc)
                    .value(dnnl.DNNL_ARG_SRC_0, a, operation.a(), (long) image * graph.length(operation.a()))
                    .value(dnnl.DNNL_ARG_SRC_1, b, operation.b(), (long) image * graph.length(operation.b()))
                    .value(dnnl.DNNL_ARG_DST, a, y, (long) image * graph.length(y)));
        }
        return result;
    }

    private InferenceCall concatenation(Concatenation concatenation, int y) {
        memory_desc_vector sources = new memory_desc_vector();
        for (int value : concatenation.inputs()) sources.push_back(desc(value));
        memory.desc target = desc(y);
        InferenceCall call = new InferenceCall(
                        new concat.primitive_desc(dnn.engine(), target, 1, sources, PostOps.of(Activation.NONE), false))
                .value(dnnl.DNNL_ARG_DST, target, y);
        for (int i = 0; i < concatenation.inputs().size(); i++) {
            int value = concatenation.inputs().get(i);
            call.value(dnnl.DNNL_ARG_MULTIPLE_SRC + i, desc(value), value);
        }
        return call;
    }

    /** One copy for each place of a pixel in its block: to every factor-th pixel of every factor-th row. */
    private List<InferenceCall> upsampling(Upsampling upsampling, int y) {
        var spec = upsampling.spec();
        memory.desc source = desc(upsampling.x());
        long row = (long) spec.outW() * spec.channels();
        memory.desc target = new memory.desc(
                new long[] {images, spec.channels(), spec.h(), spec.w()},
                memory.data_type.f32,
                new long[] {spec.outH() * row, 1, spec.factorH() * row, (long) spec.factorW() * spec.channels()});
        List<InferenceCall> copies = new ArrayList<>();
        for (int i = 0; i < spec.factorH(); i++) {
            for (int j = 0; j < spec.factorW(); j++) {
                var desc = new reorder.primitive_desc(
                        dnn.engine(), source, dnn.engine(), target, PostOps.of(Activation.NONE), false);
                copies.add(new InferenceCall(desc)
                        .value(dnnl.DNNL_ARG_FROM, source, upsampling.x())
                        .value(dnnl.DNNL_ARG_TO, target, y, i * row + (long) j * spec.channels()));
            }
        }
        return copies;
    }

    private memory.desc desc(int value) {
        int[] dims = graph.dims(value);
        return Layout.NHWC.desc(images, dims[1], dims[2], dims[3]);
    }

    void close() {
        for (List<InferenceCall> node : calls) node.forEach(InferenceCall::close);
        convolutions.forEach(InferenceConv::close);
    }
}
