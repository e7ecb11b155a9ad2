package greg.kernels.cuda;

import greg.kernels.KernelException;
import greg.kernels.Precision;
import jcuda.driver.JCudaDriver;

/**
 * Finds the fastest plan of a problem by running those that cuDNN proposes: its heuristics err by factors, and differently
 * from version to version.
 *
 * <p>System property {@value #MEASURED} says how many plans are compared at most (16); 1 takes the first that runs. {@value
 * #WORKSPACE} says how many MiB a plan may use for itself (1024, or a quarter of what is free if that is less).
 */
final class CudnnPlanner {
    static final String MEASURED = "greg.cuda.measured";
    static final String WORKSPACE = "greg.cuda.workspace";

    private static final int DEFAULT_MEASURED = 16;
    private static final int DEFAULT_WORKSPACE = 1024;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final Cudnn cudnn;
    private final boolean deterministic;
    private final int measured = Math.max(1, Integer.getInteger(MEASURED, DEFAULT_MEASURED));

    CudnnPlanner(CudaContext context, DeviceMemory memory, Cudnn cudnn, boolean deterministic) {
        this.context = context;
        this.memory = memory;
        this.cudnn = cudnn;
        this.deterministic = deterministic;
    }

    /** The operands of one convolution. */
    record Operands(CudaStorage x, CudaStorage w, CudaStorage y) {
        CudaStorage output(ConvKind kind) {
            return switch (kind) {
                case FORWARD -> y;
                case BACKWARD_DATA -> x;
                case BACKWARD_WEIGHTS -> w;
            };
        }

        Operands withOutput(ConvKind kind, CudaStorage output) {
            return switch (kind) {
                case FORWARD -> new Operands(x, w, output);
                case BACKWARD_DATA -> new Operands(output, w, y);
                case BACKWARD_WEIGHTS -> new Operands(x, output, y);
            };
        }
    }

    /** How many plans are compared at most. */
    int measured() {
        return measured;
    }

    /** Why a candidate must not be used, or null. */
    String excluded(ConvProblem problem, CudnnCandidate candidate) {
        return excluded(problem, candidate, deterministic);
    }

    /** The same for any planner. */
    static String excluded(ConvProblem problem, CudnnCandidate candidate, boolean deterministic) {
        boolean strict = problem.precision() == Precision.FP32;
        if (strict && candidate.tensorCores()) return "use tensor cores, which fp32 forbids";
        if (candidate.narrows()) return "narrow their inputs or sums";
        if (deterministic && candidate.varies()) return "may give other bits in the next run";
        return null;
    }

    /**
     * The plan of a choice made before.
     *
     * @throws KernelException if it cannot be made here, or must not be used
     */
    CudnnPlan chosen(ConvProblem problem, EngineChoice choice) {
        try (CudnnGraph graph = new CudnnGraph(cudnn, problem)) {
            CudnnCandidate candidate = graph.candidate(choice);
            CudnnPlan plan = null;
            try {
                String why = excluded(problem, candidate);
                if (why != null) throw new KernelException("cuDNN: such engines " + why);
                plan = graph.plan(candidate);
                long limit = workspaceLimit();
                if (plan.workspaceBytes() > limit) {
                    throw new KernelException(
                            "cuDNN: it needs " + plan.workspaceBytes() + " bytes, the limit is " + limit);
                }
                return plan;
            } catch (RuntimeException refused) {
                if (plan != null) plan.close();
                else candidate.close();
                throw refused;
            }
        }
    }

    /**
     * The fastest plan. Its operands are read, and the output is overwritten unless the problem accumulates.
     *
     * @throws KernelException if there is none
     */
    CudnnPlan fastest(ConvProblem problem, Operands operands) {
        try (CudnnGraph graph = new CudnnGraph(cudnn, problem)) {
            return new PlanSearch(context, memory, this, problem, operands, graph).run();
        }
    }

    /** Bytes that a plan may use for itself. */
    long workspaceLimit() {
        Integer limit = Integer.getInteger(WORKSPACE);
        if (limit != null) return (long) limit << 20;
        long[] free = new long[1];
        long[] total = new long[1];
        context.check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, total));
        return Math.min((long) DEFAULT_WORKSPACE << 20, free[0] / 4);
    }
}
