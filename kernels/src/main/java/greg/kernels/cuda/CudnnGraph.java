package greg.kernels.cuda;

import static jcuda.jcudnn.cudnnBackendAttributeName.*;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_CONVOLUTION_MODE;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_DATA_TYPE;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_HEUR_MODE;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_KNOB_TYPE;
import static jcuda.jcudnn.cudnnBackendDescriptorType.*;

import greg.kernels.DType;
import greg.kernels.spec.Conv2dSpec;
import java.util.ArrayList;
import java.util.List;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;

/** One convolution as an operation graph of cuDNN, which can say which engines run it. */
final class CudnnGraph implements AutoCloseable {
    /** The operands' names in a variant pack. */
    static final long X = 1;

    static final long W = 2;
    static final long Y = 3;

    /** What every pointer is a multiple of: the pool aligns further. */
    static final int ALIGNMENT = 16;

    private static final int HEURISTICS_PROPERTIES = 204;
    private static final int ENGINE_PROPERTIES = 1307;

    private final Cudnn cudnn;
    private final ConvProblem problem;
    private final List<CudnnDescriptor> owned = new ArrayList<>();
    private final CudnnDescriptor graph;

    CudnnGraph(Cudnn cudnn, ConvProblem problem) {
        this.cudnn = cudnn;
        this.problem = problem;
        try {
            graph = own("operation graph", CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
            cudnn.target(graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, 0);
            graph.setDescriptor(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation()).finish();
        } catch (RuntimeException refused) {
            close();
            throw refused;
        }
    }

    Cudnn cudnn() {
        return cudnn;
    }

    private CudnnDescriptor make(String what, int type) {
        return new CudnnDescriptor(cudnn, what + " of " + problem, type);
    }

    private CudnnDescriptor own(String what, int type) {
        CudnnDescriptor made = make(what, type);
        owned.add(made);
        return made;
    }

    private CudnnDescriptor operation() {
        ConvKind kind = problem.kind();
        Conv2dSpec s = problem.spec();
        long[] x = {s.n(), s.inChannels(), s.h(), s.w()};
        long[] w = {s.outChannels(), s.inChannels() / s.groups(), s.kernelH(), s.kernelW()};
        long[] y = {s.n(), s.outChannels(), s.outH(), s.outW()};
        return own("operation", kind.descriptor)
                .setDescriptor(kind.convolution, convolution(s))
                .setDescriptor(kind.x, tensor(X, x, problem.xPitch()))
                .setDescriptor(kind.w, tensor(W, w, w[1]))
                .setDescriptor(kind.y, tensor(Y, y, problem.yPitch()))
                .setFloat(kind.alpha, 1)
                .setFloat(kind.beta, problem.accumulate() ? 1 : 0)
                .finish();
    }

    private CudnnDescriptor convolution(Conv2dSpec s) {
        // PyTorch's convolution is a cross-correlation, and its padding the same on both sides
        return own("convolution", CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR)
                .setLongs(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2)
                .setEnum(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, cudnnDataType.CUDNN_DATA_FLOAT)
                .setEnum(
                        CUDNN_ATTR_CONVOLUTION_CONV_MODE,
                        CUDNN_TYPE_CONVOLUTION_MODE,
                        cudnnConvolutionMode.CUDNN_CROSS_CORRELATION)
                .setLongs(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, s.padH(), s.padW())
                .setLongs(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, s.padH(), s.padW())
                .setLongs(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, s.strideH(), s.strideW())
                .setLongs(CUDNN_ATTR_CONVOLUTION_DILATIONS, s.dilationH(), s.dilationW())
                .finish();
    }

    /** A tensor with channels last: its dimensions are in the order NCHW, its strides are those of NHWC. */
    private CudnnDescriptor tensor(long id, long[] dims, long pitch) {
        int type =
                problem.type() == DType.BFLOAT16 ? cudnnDataType.CUDNN_DATA_BFLOAT16 : cudnnDataType.CUDNN_DATA_FLOAT;
        return own("tensor " + id, CUDNN_BACKEND_TENSOR_DESCRIPTOR)
                .setLongs(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
                .setEnum(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type)
                .setLongs(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, ALIGNMENT)
                .setLongs(CUDNN_ATTR_TENSOR_DIMENSIONS, dims)
                .setLongs(CUDNN_ATTR_TENSOR_STRIDES, dims[2] * dims[3] * pitch, 1, dims[3] * pitch, pitch)
                .finish();
    }

    /** What a heuristic proposes, the presumably fastest first; to be closed by the caller. */
    List<CudnnCandidate> candidates(CudnnHeuristic mode) {
        List<CudnnCandidate> found = new ArrayList<>();
        try (CudnnDescriptor heuristic = make("heuristic " + mode, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR)) {
            cudnn.target(heuristic, 0, HEURISTICS_PROPERTIES);
            heuristic
                    .setDescriptor(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
                    .setEnum(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode.number)
                    .finish();
            int count = Math.min(Cudnn.MOST_VALUES, heuristic.count(CUDNN_ATTR_ENGINEHEUR_RESULTS));
            if (count == 0) return found;
            for (CudnnDescriptor configuration : heuristic.getDescriptors(
                    CUDNN_ATTR_ENGINEHEUR_RESULTS,
                    "engine configuration of " + problem,
                    CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                    count)) {
                found.add(new CudnnCandidate(problem, configuration, List.of()));
            }
            return found;
        }
    }

    /**
     * The candidate of a choice made before, to be closed by the caller.
     *
     * @throws greg.kernels.KernelException if this cuDNN does not know such an engine for the problem
     */
    CudnnCandidate candidate(EngineChoice choice) {
        List<CudnnDescriptor> parts = new ArrayList<>();
        try {
            CudnnDescriptor engine = make("engine " + choice.engine(), CUDNN_BACKEND_ENGINE_DESCRIPTOR);
            parts.add(engine);
            cudnn.target(engine, 0, ENGINE_PROPERTIES);
            engine.setDescriptor(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph)
                    .setLongs(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.engine())
                    .finish();
            List<CudnnDescriptor> knobs = new ArrayList<>();
            choice.knobs().forEach((type, value) -> {
                CudnnDescriptor knob = make("knob " + type, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
                parts.add(knob);
                knobs.add(knob.setEnum(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, type)
                        .setLongs(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value)
                        .finish());
            });
            CudnnDescriptor configuration = make("engine configuration " + choice, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
            parts.add(configuration);
            configuration.setDescriptor(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
            if (!knobs.isEmpty()) configuration.setDescriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
            configuration.finish();
            return new CudnnCandidate(problem, configuration, parts);
        } catch (RuntimeException refused) {
            parts.forEach(CudnnDescriptor::close);
            throw refused;
        }
    }

    /** What can be run: the engine's kernels are chosen and loaded. It takes over the candidate unless it throws. */
    CudnnPlan plan(CudnnCandidate candidate) {
        return new CudnnPlan(cudnn, problem, candidate);
    }

    @Override
    public void close() {
        owned.forEach(CudnnDescriptor::close);
    }
}
