package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * The plans of all convolutions that have run, and the workspace that they share: one after the other in the stream, none needs
 * it when the next one runs.
 *
 * <p>The choices can be written down and taken up by another process, which then computes the same bits if cuDNN's engines are
 * deterministic.
 */
final class CudnnPlans implements AutoCloseable {
    /** What a line of {@link #choices} looks like. */
    static final String EXAMPLE =
            "'forward 128x16x32x32 -> 16 3x3 stride 1x1 pad 1x1 dilation 1x1 groups 1 pitch 16 16 tf32 ->"
                    + " engine 38 knobs 2:4,5:1'";

    private static final int MOST = 2048;
    private static final String ARROW = " -> ";

    private final CudaContext context;
    private final DeviceMemory memory;
    private final CudnnPlanner planner;
    private final Cudnn cudnn;
    private final String origin;
    private final int most;
    private final Map<ConvProblem, CudnnPlan> plans = new LinkedHashMap<>(16, 0.75f, true);
    /** Evicted, but captured graphs still run their kernels. */
    private final List<CudnnPlan> retired = new ArrayList<>();

    private CudaStorage workspace;

    CudnnPlans(CudaContext context, DeviceMemory memory, Cudnn cudnn, boolean deterministic) {
        this(context, memory, cudnn, deterministic, MOST);
    }

    /** For tests: keeps {@code most} plans. */
    CudnnPlans(CudaContext context, DeviceMemory memory, Cudnn cudnn, boolean deterministic, int most) {
        this.context = context;
        this.memory = memory;
        this.cudnn = cudnn;
        this.most = most;
        planner = new CudnnPlanner(context, memory, cudnn, deterministic);
        origin = "plans of cuDNN " + cudnn.version() + " on " + context.deviceName();
    }

    /**
     * Runs a convolution: one of {@code x}, {@code w}, {@code y} is the result, as the problem's kind says. The layouts are the
     * caller's business.
     */
    void run(ConvProblem problem, CudaStorage x, CudaStorage w, CudaStorage y) {
        CudnnPlan plan = plan(problem, new CudnnPlanner.Operands(x, w, y));
        context.uses(x);
        context.uses(w);
        context.uses(y);
        if (context.capturing()) plan.capture();
        if (plan.workspaceBytes() > 0) context.uses(workspace);
        plan.run(x.address(), w.address(), y.address(), workspace == null ? null : workspace.address());
        context.launched(plan);
    }

    /** How the problem is computed, which must have run before. */
    EngineChoice choice(ConvProblem problem) {
        return plans.get(problem).choice();
    }

    private CudnnPlan plan(ConvProblem problem, CudnnPlanner.Operands operands) {
        CudnnPlan known = plans.get(problem);
        if (known != null) return known;
        if (context.capturing()) {
            throw new KernelException("cuda: there is no plan yet for " + problem
                    + ", and a captured step cannot measure: run the step once before capturing");
        }
        context.enter();
        CudnnPlan plan = planner.fastest(problem, operands);
        keep(problem, plan);
        return plan;
    }

    private void keep(ConvProblem problem, CudnnPlan plan) {
        try {
            grow(plan.workspaceBytes());
        } catch (RuntimeException noRoom) {
            plan.close();
            throw noRoom;
        }
        plans.put(problem, plan);
        if (plans.size() > most) evict();
    }

    private void evict() {
        Entry<ConvProblem, CudnnPlan> eldest = plans.entrySet().iterator().next();
        plans.remove(eldest.getKey());
        if (eldest.getValue().captured()) retired.add(eldest.getValue());
        else eldest.getValue().close();
    }

    /** Makes room for a plan. A captured graph keeps the block that it was recorded with. */
    private void grow(long bytes) {
        if (bytes == 0 || workspace != null && workspace.length() >= bytes) return;
        CudaStorage larger = memory.take(DType.UINT8, rounded(bytes));
        if (workspace != null) workspace.release();
        workspace = larger;
    }

    /** The next power of two, so that few sizes are in use and blocks fit again. */
    static long rounded(long bytes) {
        return Long.highestOneBit(Math.max(1, bytes - 1)) << 1;
    }

    /**
     * The choices so far, one a line behind a line that says whose they are: {@code forward 128x16x32x32 -> 16 3x3 ... tf32 ->
     * engine 38 knobs 2:4,5:1}.
     */
    List<String> choices() {
        List<String> lines = new ArrayList<>();
        lines.add(origin);
        plans.forEach((problem, plan) -> lines.add(problem + ARROW + plan.choice()));
        lines.subList(1, lines.size()).sort(null);
        return lines;
    }

    /**
     * Makes the plans of these choices, so that nothing is measured for their problems.
     *
     * @return which could not be made and why, one text each; they are measured when they are first needed
     */
    List<String> use(List<String> choices) {
        if (choices.isEmpty()) return List.of();
        if (!choices.get(0).equals(origin)) {
            return List.of("the saved " + choices.get(0) + " were not used, these are " + origin
                    + ": they are measured again, and results may differ in the last bits");
        }
        context.enter();
        List<String> notes = new ArrayList<>();
        for (String line : choices.subList(1, choices.size())) {
            int arrow = line.lastIndexOf(ARROW);
            if (arrow < 0)
                throw new KernelException("cuDNN: expected a plan such as " + EXAMPLE + ", got '" + line + "'");
            ConvProblem problem = ConvProblem.parse(line.substring(0, arrow));
            EngineChoice choice = EngineChoice.parse(line.substring(arrow + ARROW.length()));
            if (plans.containsKey(problem)) continue;
            try {
                keep(problem, planner.chosen(problem, choice));
            } catch (KernelException refused) {
                notes.add("the saved plan of " + problem + ", " + choice + ", cannot be used and is measured again: "
                        + refused.getMessage());
            }
        }
        return notes;
    }

    /** cuDNN's description of the device. */
    String deviceDescription() {
        context.enter();
        return cudnn.deviceDescription();
    }

    /** Bytes that the plans share. */
    long workspaceBytes() {
        return workspace == null ? 0 : workspace.bytes();
    }

    @Override
    public void close() {
        plans.values().forEach(CudnnPlan::close);
        plans.clear();
        retired.forEach(CudnnPlan::close);
        retired.clear();
        if (workspace != null) workspace.release();
        workspace = null;
    }
}
