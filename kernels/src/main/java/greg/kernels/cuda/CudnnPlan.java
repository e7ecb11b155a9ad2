package greg.kernels.cuda;

import static jcuda.jcudnn.cudnnBackendAttributeName.*;
import static jcuda.jcudnn.cudnnBackendDescriptorType.*;

/** A convolution that is ready to run: an execution plan of cuDNN, and the configuration that it was made of. */
final class CudnnPlan implements Launched, AutoCloseable {
    private static final int PLAN_PROPERTIES = 407;

    private final Cudnn cudnn;
    private final ConvProblem problem;
    private final CudnnCandidate candidate;
    private final CudnnDescriptor plan;
    /** A captured graph may replay its kernels for as long as the context lives. */
    private boolean captured;

    private final long workspaceBytes;

    CudnnPlan(Cudnn cudnn, ConvProblem problem, CudnnCandidate candidate) {
        this.cudnn = cudnn;
        this.problem = problem;
        this.candidate = candidate;
        plan = new CudnnDescriptor(cudnn, problem + " by " + candidate, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        try {
            cudnn.target(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, PLAN_PROPERTIES);
            plan.setDescriptor(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, candidate.configuration())
                    .finish();
            workspaceBytes = plan.getLong(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
        } catch (RuntimeException refused) {
            plan.close();
            throw refused;
        }
    }

    ConvProblem problem() {
        return problem;
    }

    EngineChoice choice() {
        return candidate.choice();
    }

    /** Bytes of device memory that a run needs for itself. */
    long workspaceBytes() {
        return workspaceBytes;
    }

    /**
     * Runs it in the stream of the library, or records it there.
     *
     * @param workspace address of {@link #workspaceBytes} bytes; not read if there are none
     */
    void run(DeviceAddress x, DeviceAddress w, DeviceAddress y, DeviceAddress workspace) {
        try (CudnnDescriptor pack =
                new CudnnDescriptor(cudnn, "operands of " + problem, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)) {
            pack.setLongs(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CudnnGraph.X, CudnnGraph.W, CudnnGraph.Y)
                    .setPointers(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, x.value(), w.value(), y.value())
                    .setPointers(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspaceBytes > 0 ? workspace.value() : 0)
                    .finish();
            plan.execute(pack);
        }
    }

    @Override
    public String kernel() {
        return "cuDNN " + problem.kind();
    }

    @Override
    public long bytes() {
        long elements = problem.xElements() + problem.wElements() + problem.yElements();
        if (problem.accumulate()) elements += problem.outputElements();
        return elements * problem.type().bytes();
    }

    /** Notes that a captured graph holds it now. */
    void capture() {
        captured = true;
    }

    boolean captured() {
        return captured;
    }

    @Override
    public String toString() {
        return problem + " by cuDNN's " + candidate;
    }

    @Override
    public void close() {
        plan.close();
        candidate.close();
    }
}
