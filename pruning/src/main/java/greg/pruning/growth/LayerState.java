package greg.pruning.growth;

import greg.kernels.spec.GroupIndex;
import greg.nn.StateDict;
import greg.pruning.graph.Coupling;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.select.PickPruned;
import greg.pruning.select.Selection;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of one layer during a run: its penalties, the moving average of its magnitude ratio, which groups are removed, and
 * when that was decided. Every convolution and linear layer has one, those with ratio 0 included.
 *
 * <p>lambda is one float32 per group (the reference implementation keeps a matrix (out, in) whose entries are equal
 * within a group) and all arithmetic on it is float32: the number of updates until a limit is passed depends on it.
 */
public final class LayerState {
    private static final float KEEP = 0.9f;
    private static final float ADD = 0.1f;

    private final String name;
    private final int index;
    private final double ratio;
    private final GroupIndex groups;
    private final Coupling coupling;
    private final float[] lambda;
    private float history = Float.NaN;
    private boolean hasHistory;
    private boolean lambdaChanged;
    private Selection selection;
    private long pickIteration = -1;
    private long finishIteration = -1;

    /**
     * A layer with penalty 0 everywhere. With ratio 0, or a single group, nothing of it can be removed, which is settled here.
     *
     * @param name dotted path, e.g. {@code layer1.0.conv1}
     * @param index layer index, see {@link Layer#index}
     * @param ratio the share of groups to remove, in [0, 1), or {@link Selection#AUTOMATIC}
     * @param groups the groups of its weight, from {@link Granularity#index}
     */
    public LayerState(String name, int index, double ratio, GroupIndex groups) {
        this(name, index, ratio, groups, Coupling.none(name));
    }

    /** As above, for a layer whose groups are removed together with each other or with those of other layers. */
    public LayerState(String name, int index, double ratio, GroupIndex groups, Coupling coupling) {
        if (!(ratio >= 0 && ratio < 1) && ratio != Selection.AUTOMATIC) {
            throw new IllegalArgumentException(name + ": expected a pruning ratio in [0, 1), got " + ratio);
        }
        this.name = name;
        this.index = index;
        this.ratio = ratio;
        this.groups = groups;
        this.coupling = coupling;
        this.lambda = new float[groups.count()];
        this.selection = ratio == 0 || coupling.count(groups.count()) == 1 ? Selection.keepAll(groups.count()) : null;
    }

    /** Dotted path of the layer. */
    public String name() {
        return name;
    }

    /** Layer index, see {@link Layer#index}. */
    public int index() {
        return index;
    }

    /** The share of groups to remove, as requested. */
    public double ratio() {
        return ratio;
    }

    /** Which group an element of the weight belongs to. */
    public GroupIndex groups() {
        return groups;
    }

    /** Penalty coefficient per group; the live array, not a copy: do not modify it. */
    public float[] lambda() {
        return lambda;
    }

    /** Moving average of the magnitude ratio (float32); NaN before the first ratio, and after one of 0/0. */
    public float history() {
        return history;
    }

    /** True once the moving average has had a first ratio. */
    public boolean hasHistory() {
        return hasHistory;
    }

    /** True once it is decided which groups are removed. */
    public boolean picked() {
        return selection != null;
    }

    /** Which groups are removed and which are kept; IllegalStateException before they were picked. */
    public Selection selection() {
        if (selection == null) {
            throw new IllegalStateException(name + ": its groups are not picked yet");
        }
        return selection;
    }

    /** True if it is decided that this layer loses nothing. */
    public boolean keepsAll() {
        return selection != null && selection.pruned().length == 0;
    }

    /** Iteration at which GReg-2 picked; -1 before, and for groups chosen from the initial weights. */
    public long pickIteration() {
        return pickIteration;
    }

    /** Iteration of the visit that ended this layer's growth, or -1. */
    public long finishIteration() {
        return finishIteration;
    }

    /** True once lambda has its final value. */
    public boolean finished() {
        return finishIteration >= 0;
    }

    /** Smallest lambda of the layer. */
    public float minLambda() {
        float min = lambda[0];
        for (float l : lambda) {
            min = Math.min(min, l);
        }
        return min;
    }

    /** Largest lambda of the layer: what is compared with tau and tau'. */
    public float maxLambda() {
        float max = lambda[0];
        for (float l : lambda) {
            max = Math.max(max, l);
        }
        return max;
    }

    /**
     * The selection by these scores, which is the same in all layers of a set.
     *
     * @param scores one per group; groups that are removed together have equal ones
     */
    public Selection choose(float[] scores, PickPruned pick, long seed) {
        return coupling.choose(scores, ratio, pick, seed);
    }

    /** Which groups are removed, or, before that is decided, the choice by these scores if it was made now. */
    public Selection selectionAt(float[] scores) {
        return picked() ? selection : choose(scores, PickPruned.MIN, 0);
    }

    /** Which of its groups are removed together. */
    public Coupling coupling() {
        return coupling;
    }

    /** Fixes which groups are removed; {@code iteration} is -1 for a choice made from the initial weights. */
    public void pick(Selection chosen, long iteration) {
        if (chosen.pruned().length + chosen.kept().length != lambda.length) {
            throw new IllegalArgumentException(
                    name + ": expected a selection of " + lambda.length + " groups, got " + chosen);
        }
        selection = chosen;
        pickIteration = iteration;
    }

    /** Ends the growth at {@code iteration}. */
    public void finish(long iteration) {
        finishIteration = iteration;
    }

    /** history = ratio the first time, afterwards 0.9 history + 0.1 ratio, rounded to float32 at each operation. */
    public void follow(float ratioNow) {
        history = hasHistory ? KEEP * history + ADD * ratioNow : ratioNow;
        hasHistory = true;
    }

    /** Same lambda for every group. */
    public void setAll(float value) {
        for (int g = 0; g < lambda.length; g++) {
            set(g, value);
        }
    }

    /** lambda of every group += step (eq. 9). */
    public void raiseAll(float step) {
        for (int g = 0; g < lambda.length; g++) {
            set(g, lambda[g] + step);
        }
    }

    /** lambda of the pruned groups += step (eq. 2); lambda of the kept groups = kept. */
    public void raisePruned(float step, float kept) {
        for (int g : selection().pruned()) {
            set(g, lambda[g] + step);
        }
        for (int g : selection().kept()) {
            set(g, kept);
        }
    }

    private void set(int group, float value) {
        lambdaChanged |= lambda[group] != value;
        lambda[group] = value;
    }

    /** True if lambda has changed since the last call. */
    public boolean takeLambdaChanged() {
        boolean changed = lambdaChanged;
        lambdaChanged = false;
        return changed;
    }

    /** A snapshot. Arrays are copies; {@code pruned} is null before the pick. */
    public record Saved(
            String name,
            float[] lambda,
            boolean hasHistory,
            float history,
            int[] pruned,
            long pickIteration,
            long finishIteration) {
        private static final String LAMBDA = "lambda.";
        private static final String PRUNED = "pruned.";
        private static final String STATE = "state.";
        private static final String HISTORY = "history.";

        void addTo(StateDict state) {
            state.put(LAMBDA + name, Shape.of(lambda.length), lambda);
            float[] numbers = ExactNumbers.ofLongs(pruned == null ? 0 : 1, pickIteration, finishIteration);
            state.put(STATE + name, Shape.of(numbers.length), numbers);
            if (hasHistory) state.put(HISTORY + name, Shape.of(), history);
            if (pruned != null && pruned.length > 0) {
                float[] groups = ExactNumbers.ofInts(pruned);
                state.put(PRUNED + name, Shape.of(groups.length), groups);
            }
        }

        static List<Saved> allOf(StateDict state) {
            List<Saved> all = new ArrayList<>();
            for (String name : state.under(LAMBDA).names()) {
                long[] numbers = ExactNumbers.toLongs(state.get(STATE + name).values());
                if (numbers.length != 3) {
                    throw new IllegalArgumentException(
                            "growth of " + name + ": expected 3 numbers, got " + numbers.length);
                }
                boolean hasHistory = state.contains(HISTORY + name);
                int[] pruned = !state.contains(PRUNED + name)
                        ? new int[0]
                        : ExactNumbers.toInts(state.get(PRUNED + name).values());
                all.add(new Saved(
                        name,
                        state.get(LAMBDA + name).values(),
                        hasHistory,
                        hasHistory ? state.get(HISTORY + name).values()[0] : Float.NaN,
                        numbers[0] == 0 ? null : pruned,
                        numbers[1],
                        numbers[2]));
            }
            return all;
        }
    }

    /** A copy of all that changes. */
    public Saved save() {
        int[] pruned = selection == null ? null : selection.pruned().clone();
        return new Saved(name, lambda.clone(), hasHistory, history, pruned, pickIteration, finishIteration);
    }

    /** Restores {@code saved}; IllegalArgumentException if that is another layer's. */
    public void restore(Saved saved) {
        if (!saved.name().equals(name) || saved.lambda().length != lambda.length) {
            throw new IllegalArgumentException("resume: expected the state of " + name + " with " + lambda.length
                    + " groups, got " + saved.name() + " with " + saved.lambda().length
                    + "; the checkpoint belongs to another network or granularity");
        }
        System.arraycopy(saved.lambda(), 0, lambda, 0, lambda.length);
        hasHistory = saved.hasHistory();
        history = saved.history();
        selection = saved.pruned() == null
                ? null
                : Selection.of(lambda.length, saved.pruned().clone());
        pickIteration = saved.pickIteration();
        finishIteration = saved.finishIteration();
    }
}
