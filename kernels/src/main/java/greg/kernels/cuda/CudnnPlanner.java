package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jcuda.driver.JCudaDriver;

/**
 * Finds the fastest plan of a problem by running those that cuDNN proposes: its heuristics err by factors, and differently
 * from version to version.
 *
 * <p>System property {@value #MEASURED} says how many plans are compared at most (16); 1 takes the first that runs. {@value #WORKSPACE} says how many MiB a plan may use for itself (1024, or a quarter of what is free if that is
 * less).
 */
final class CudnnPlanner {
    static final String MEASURED = "greg.cuda.measured";
    static final String WORKSPACE = "greg.cuda.workspace";

    private static final int DEFAULT_MEASURED = 16;
    private static final int DEFAULT_WORKSPACE = 1024;
    /** Of the heuristics' first so many all are tried, of the others one for each engine. */
    private static final int FRONT = 8;
    /** A plan that takes this much longer than the best is not run again. */
    private static final double HOPELESS = 1.25;
    /** Time for repetitions of one plan, and their number. */
    private static final double REPEAT_MICROSECONDS = 2000;

    private static final int MOST_REPETITIONS = 8;

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

    /** Why a candidate must not be used, or null. */
    static String excluded(ConvProblem problem, CudnnCandidate candidate, boolean deterministic) {
        if (problem.precision() == Precision.FP32 && candidate.tensorCores())
            return "use tensor cores, which fp32 forbids";
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
                String why = excluded(problem, candidate, deterministic);
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
            Search search = new Search(problem, operands, graph);
            try {
                return search.run();
            } catch (RuntimeException failed) {
                search.discard();
                throw failed;
            } finally {
                search.close();
            }
        }
    }

    private long workspaceLimit() {
        Integer limit = Integer.getInteger(WORKSPACE);
        if (limit != null) return (long) limit << 20;
        long[] free = new long[1];
        long[] total = new long[1];
        context.check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, total));
        return Math.min((long) DEFAULT_WORKSPACE << 20, free[0] / 4);
    }

    /** The way to one plan. */
    private final class Search {
        private final ConvProblem problem;
        private final Operands operands;
        private final CudnnGraph graph;
        private final Map<EngineChoice, CudnnCandidate> offered = new LinkedHashMap<>();
        private final Map<String, Integer> reasons = new LinkedHashMap<>();
        private final long limit = workspaceLimit();
        private int offers;
        private String lastError;
        private CudnnPlan best;
        private double bestTime = Double.POSITIVE_INFINITY;

        Search(ConvProblem problem, Operands operands, CudnnGraph graph) {
            this.problem = problem;
            this.operands = operands;
            this.graph = graph;
        }

        CudnnPlan run() {
            for (CudnnHeuristic mode : CudnnHeuristic.values()) ask(mode);
            offers = offered.size();
            List<CudnnCandidate> ready = new ArrayList<>();
            List<CudnnCandidate> toCompile = new ArrayList<>();
            for (CudnnCandidate candidate : offered.values()) {
                String why = excluded(problem, candidate, deterministic);
                if (why != null) count(why);
                else (candidate.compiles() ? toCompile : ready).add(candidate);
            }
            choose(ready);
            // these want a compiler beside cuDNN, and time
            if (best == null) choose(toCompile);
            if (best == null) throw new KernelException(nothing());
            return best;
        }

        private void ask(CudnnHeuristic mode) {
            try {
                for (CudnnCandidate candidate : graph.candidates(mode)) {
                    CudnnCandidate twin = offered.putIfAbsent(candidate.choice(), candidate);
                    if (twin != null) candidate.close();
                }
            } catch (KernelException refused) {
                // a heuristic that does not know such a convolution
                lastError = refused.getMessage();
            }
        }

        private void count(String reason) {
            reasons.merge(reason, 1, Integer::sum);
        }

        /** Runs the most promising candidates, and keeps the fastest; of equally fast ones that which cuDNN puts first. */
        private void choose(List<CudnnCandidate> candidates) {
            if (candidates.isEmpty()) return;
            CudaStorage scratch = scratch();
            Operands tried = scratch == null ? operands : operands.withOutput(problem.kind(), scratch);
            int runs = 0;
            try (DeviceTimer timer = new DeviceTimer(context)) {
                for (CudnnCandidate candidate : mixed(candidates)) {
                    if (runs == measured) break;
                    if (attempt(candidate, tried, timer)) runs++;
                }
            } finally {
                if (scratch != null) scratch.release();
            }
        }

        /** Whether the candidate could be run. */
        private boolean attempt(CudnnCandidate candidate, Operands tried, DeviceTimer timer) {
            CudnnPlan plan;
            try {
                plan = graph.plan(candidate);
            } catch (CudnnException refused) {
                failed(refused);
                return false;
            }
            offered.remove(candidate.choice());
            if (plan.workspaceBytes() > limit) {
                count("need more than " + limit + " bytes for themselves");
                plan.close();
                return false;
            }
            CudaStorage workspace = null;
            CudnnPlan slower = plan;
            try {
                long bytes = plan.workspaceBytes();
                if (bytes > 0) workspace = memory.take(DType.UINT8, CudnnPlans.rounded(bytes));
                double time = time(plan, tried, workspace, timer);
                if (time < bestTime) {
                    slower = best;
                    best = plan;
                    bestTime = time;
                }
                return true;
            } catch (CudnnException refused) {
                failed(refused);
                return false;
            } finally {
                if (workspace != null) workspace.release();
                if (slower != null) slower.close();
            }
        }

        private void failed(CudnnException refused) {
            count("failed");
            lastError = refused.getMessage();
        }

        /** The first few as they are, then one for each other engine, then the rest. */
        private List<CudnnCandidate> mixed(List<CudnnCandidate> candidates) {
            int front = Math.min(FRONT, candidates.size());
            List<CudnnCandidate> mixed = new ArrayList<>(candidates.subList(0, front));
            List<CudnnCandidate> rest = new ArrayList<>();
            Set<Long> engines = new HashSet<>();
            mixed.forEach(candidate -> engines.add(candidate.choice().engine()));
            for (CudnnCandidate candidate : candidates.subList(front, candidates.size())) {
                (engines.add(candidate.choice().engine()) ? mixed : rest).add(candidate);
            }
            mixed.addAll(rest);
            return mixed;
        }

        /** Where results go while plans are measured, if what is there is still needed. */
        private CudaStorage scratch() {
            if (!problem.accumulate()) return null;
            CudaStorage output = operands.output(problem.kind());
            CudaStorage copy = memory.take(problem.type(), problem.outputElements());
            long bytes = problem.outputElements() * problem.type().bytes();
            context.check(
                    "copy of " + bytes + " bytes",
                    JCudaDriver.cuMemcpyDtoDAsync(copy.address(), output.address(), bytes, context.stream()));
            return copy;
        }

        /** Microseconds of the fastest of a few runs. */
        private double time(CudnnPlan plan, Operands tried, CudaStorage workspace, DeviceTimer timer) {
            // the first run loads the kernel
            run(plan, tried, workspace);
            if (measured == 1) return 0;
            double time = timed(plan, tried, workspace, timer);
            if (time > HOPELESS * bestTime) return time;
            int repetitions = (int) Math.min(MOST_REPETITIONS, REPEAT_MICROSECONDS / Math.max(1, time));
            for (int i = 0; i < repetitions; i++) time = Math.min(time, timed(plan, tried, workspace, timer));
            return time;
        }

        private void run(CudnnPlan plan, Operands tried, CudaStorage workspace) {
            plan.run(
                    tried.x().address(),
                    tried.w().address(),
                    tried.y().address(),
                    workspace == null ? null : workspace.address());
        }

        private double timed(CudnnPlan plan, Operands tried, CudaStorage workspace, DeviceTimer timer) {
            timer.start();
            run(plan, tried, workspace);
            timer.stop();
            return timer.microseconds();
        }

        private String nothing() {
            StringBuilder text = new StringBuilder("cuDNN " + cudnn.version() + " has no engine for " + problem);
            text.append(": it offers ").append(offers);
            reasons.forEach((reason, times) ->
                    text.append(", ").append(times).append(' ').append(reason));
            if (lastError != null) text.append("; its last error: ").append(lastError);
            return text.append("; another precision, a larger -D" + WORKSPACE + " or another version of cuDNN may help")
                    .toString();
        }

        void discard() {
            if (best != null) best.close();
        }

        void close() {
            offered.values().forEach(CudnnCandidate::close);
        }
    }
}
