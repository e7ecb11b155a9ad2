package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jcuda.driver.JCudaDriver;

/**
 * The search for the fastest plan of one problem: what cuDNN proposes is filtered, made into plans, and run.
 */
final class PlanSearch {
    /** Of the heuristics' first so many all are tried, of the others one for each engine. */
    private static final int FRONT = 8;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudnnPlanner planner;
    private final ConvProblem problem;
    private final CudnnPlanner.Operands operands;
    private final CudnnGraph graph;
    private final Map<EngineChoice, CudnnCandidate> offered = new LinkedHashMap<>();
    private final Map<String, Integer> reasons = new LinkedHashMap<>();
    private final long limit;
    private int offers;
    private String lastError;
    private CudnnPlan best;
    private double bestTime = Double.POSITIVE_INFINITY;

    PlanSearch(
            CudaContext context,
            DeviceMemory memory,
            CudnnPlanner planner,
            ConvProblem problem,
            CudnnPlanner.Operands operands,
            CudnnGraph graph) {
        this.context = context;
        this.memory = memory;
        this.planner = planner;
        limit = planner.workspaceLimit();
        this.problem = problem;
        this.operands = operands;
        this.graph = graph;
    }

    /**
     * The plan, to be closed by the caller. Nothing else is left behind.
     *
     * @throws KernelException if there is none
     */
    CudnnPlan run() {
        try {
            return search();
        } catch (RuntimeException failed) {
            if (best != null) best.close();
            throw failed;
        } finally {
            offered.values().forEach(CudnnCandidate::close);
        }
    }

    private CudnnPlan search() {
        for (CudnnHeuristic mode : CudnnHeuristic.values()) ask(mode);
        offers = offered.size();
        List<CudnnCandidate> ready = new ArrayList<>();
        List<CudnnCandidate> toCompile = new ArrayList<>();
        for (CudnnCandidate candidate : offered.values()) {
            String why = planner.excluded(problem, candidate);
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
        } catch (CudnnException refused) {
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
        CudnnPlanner.Operands tried = scratch == null ? operands : operands.withOutput(problem.kind(), scratch);
        int runs = 0;
        try (PlanTimer timer = new PlanTimer(context)) {
            for (CudnnCandidate candidate : mixed(candidates)) {
                if (runs == planner.measured()) break;
                if (attempt(candidate, tried, timer)) runs++;
            }
        } finally {
            if (scratch != null) scratch.release();
        }
    }

    /** Memory for the plan itself, or null if it needs none; a plan for which there is no room is not used. */
    private CudaStorage workspace(CudnnPlan plan) {
        if (plan.workspaceBytes() == 0) return null;
        try {
            return memory.take(DType.UINT8, CudnnPlans.rounded(plan.workspaceBytes()));
        } catch (KernelException full) {
            throw new CudnnException(full.getMessage());
        }
    }

    /** Whether the candidate could be run. */
    private boolean attempt(CudnnCandidate candidate, CudnnPlanner.Operands tried, PlanTimer timer) {
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
            workspace = workspace(plan);
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

    /** Microseconds of a run; 0 where no other plan is compared with it. */
    private double time(CudnnPlan plan, CudnnPlanner.Operands tried, CudaStorage workspace, PlanTimer timer) {
        Runnable run = () -> plan.run(
                tried.x().address(),
                tried.w().address(),
                tried.y().address(),
                workspace == null ? null : workspace.address());
        // the first run loads the kernel
        run.run();
        return planner.measured() == 1 ? 0 : timer.microseconds(run, bestTime);
    }

    private String nothing() {
        StringBuilder text = new StringBuilder("cuDNN " + graph.cudnn().version() + " has no engine for " + problem);
        text.append(": it offers ").append(offers);
        reasons.forEach(
                (reason, times) -> text.append(", ").append(times).append(' ').append(reason));
        if (lastError != null) text.append("; its last error: ").append(lastError);
        return text.append("; another precision, a larger -D" + CudnnPlanner.WORKSPACE
                        + " or another version of cuDNN may help")
                .toString();
    }
}
