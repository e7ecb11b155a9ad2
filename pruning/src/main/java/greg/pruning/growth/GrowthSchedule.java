package greg.pruning.growth;

import greg.nn.StateDict;
import greg.pruning.select.L1Scores;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;
import greg.pruning.select.Selection;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The state machine of a run until the removal: grow, stabilise, done. The caller runs the iterations:
 *
 * <pre>
 * for (int i = 0; schedule.phase() != DONE; i++) {
 *     if (schedule.updateDue(i)) {
 *         upload the lambda of schedule.update(i, scores, metrics);
 *     }
 *     one training step with the penalty;
 *     if (schedule.pruneDue(i)) {
 *         schedule.complete(i, scores);
 *     }
 * }
 * </pre>
 *
 * Updates come at iterations 0, K_u, 2 K_u, ..., before the step, so the penalty already acts on the very first one.
 * When the visit that finishes a layer leaves none unfinished, stabilising starts at that iteration s; the removal is
 * due after the step of iteration s + K_s, so the final penalty acts in K_s + 1 steps.
 */
public final class GrowthSchedule {
    /** What a run is doing. */
    public enum Phase {
        /** lambda grows. */
        UPDATE_REG,
        /** lambda is final; K_s more iterations. */
        STABILIZE_REG,
        /** The selection is final, groups can be removed. */
        DONE
    }

    private final GregConfig config;
    private final GrowthRule rule;
    private final List<LayerState> layers;
    private Phase phase = Phase.UPDATE_REG;
    private long stabilizeStart = -1;

    private GrowthSchedule(GregConfig config, List<LayerState> layers) {
        if (layers.isEmpty()) {
            throw new IllegalArgumentException(
                    "growing regularization: expected at least one convolution or linear layer, got a network without");
        }
        this.config = config;
        this.rule = GrowthRule.of(config);
        this.layers = List.copyOf(layers);
    }

    /**
     * A run at its start: methods that choose from the initial weights do it here.
     *
     * @param layers every convolution and linear layer, in module order
     * @param scores the layers' initial scores
     */
    public static GrowthSchedule start(
            GregConfig config, List<LayerState> layers, Function<LayerState, GroupScores> scores) {
        GrowthSchedule schedule = new GrowthSchedule(config, layers);
        if (config.method().choosesFirst()) {
            OneShot.choose(config, layers, scores);
        }
        return schedule;
    }

    /** A run resumed from {@code saved}, including its selections: nothing is chosen again. */
    public static GrowthSchedule resume(GregConfig config, List<LayerState> layers, Saved saved) {
        GrowthSchedule schedule = new GrowthSchedule(config, layers);
        if (saved.layers().size() != layers.size()) {
            throw new IllegalArgumentException("resume: expected the state of " + layers.size() + " layers, got "
                    + saved.layers().size() + "; the checkpoint belongs to another network");
        }
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).restore(saved.layers().get(i));
        }
        schedule.phase = saved.phase();
        schedule.stabilizeStart = saved.stabilizeStart();
        return schedule;
    }

    /**
     * A snapshot.
     *
     * @param phase what the run is doing
     * @param stabilizeStart see {@link GrowthSchedule#stabilizeStart}
     * @param layers all layers in module order
     */
    public record Saved(Phase phase, long stabilizeStart, List<LayerState.Saved> layers) {
        private static final String SCHEDULE = "schedule";

        /** As tensors, for a checkpoint. */
        public StateDict toState() {
            StateDict state = new StateDict();
            float[] exact = ExactNumbers.ofLongs(phase.ordinal(), stabilizeStart);
            state.put(SCHEDULE, Shape.of(exact.length), exact);
            layers.forEach(layer -> layer.addTo(state));
            return state;
        }

        /** Reads {@link #toState}; IllegalArgumentException if the tensors are not those. */
        public static Saved of(StateDict state) {
            long[] exact = ExactNumbers.toLongs(state.get(SCHEDULE).values());
            if (exact.length != 2 || exact[0] < 0 || exact[0] >= Phase.values().length) {
                throw new IllegalArgumentException(
                        "growth schedule: expected a phase and an iteration, got " + Arrays.toString(exact));
            }
            return new Saved(Phase.values()[(int) exact[0]], exact[1], LayerState.Saved.allOf(state));
        }
    }

    /** A copy of all that changes, for {@link #resume}. */
    public Saved save() {
        return new Saved(
                phase, stabilizeStart, layers.stream().map(LayerState::save).toList());
    }

    /** What the run is doing. */
    public Phase phase() {
        return phase;
    }

    /** Iteration of the update that ended the growth, or -1. */
    public long stabilizeStart() {
        return stabilizeStart;
    }

    /** All layers in module order. */
    public List<LayerState> layers() {
        return layers;
    }

    /** True if {@link #update} must run before the step of {@code iteration}. */
    public boolean updateDue(long iteration) {
        return phase == Phase.UPDATE_REG && iteration % config.growing().updateRegInterval() == 0;
    }

    /**
     * One update: visits all unfinished layers in order.
     *
     * @param scores a layer's scores, of the weights before this iteration's step
     * @param observer gets one event per visit, in order
     * @return the layers whose lambda changed and must be uploaded to the device
     */
    public List<LayerState> update(
            long iteration, Function<LayerState, GroupScores> scores, Consumer<GrowthEvent> observer) {
        if (!updateDue(iteration)) {
            throw new IllegalStateException(
                    "growing regularization: no update is due at iteration " + iteration + " in phase " + phase
                            + " with updateRegInterval = " + config.growing().updateRegInterval());
        }
        List<LayerState> changed = new ArrayList<>();
        for (LayerState layer : layers) {
            if (!layer.finished()) {
                ScoresRead read = new ScoresRead(scores.apply(layer));
                GrowthRule.Outcome outcome = visit(layer, read, iteration);
                if (outcome.finished()) {
                    finish(layer, iteration);
                }
                boolean lambdaChanged = layer.takeLambdaChanged();
                if (lambdaChanged) {
                    changed.add(layer);
                }
                observer.accept(event(layer, iteration, outcome.magnitudes(), read, lambdaChanged));
            }
        }
        return changed;
    }

    /**
     * The state of the layers that lose groups, as an update would report it, without one.
     *
     * @param scores a layer's scores, of the weights before this iteration's step
     */
    public List<GrowthEvent> observe(long iteration, Function<LayerState, GroupScores> scores) {
        List<GrowthEvent> events = new ArrayList<>();
        for (LayerState layer : layers) {
            if (layer.keepsAll()) continue;
            ScoresRead read = new ScoresRead(scores.apply(layer));
            events.add(event(layer, iteration, magnitudes(layer, read), read, false));
        }
        return events;
    }

    /** Ranking all single weights of a layer takes longer than a step: before the pick there is no selection of them to measure. */
    private Magnitudes magnitudes(LayerState layer, ScoresRead read) {
        float[] scores = read.scores();
        boolean selected = layer.picked() || config.granularity().structured();
        return selected ? read.magnitudes(scores, layer.selectionAt(scores)) : null;
    }

    private GrowthRule.Outcome visit(LayerState layer, GroupScores scores, long iteration) {
        if (layer.keepsAll()) {
            // nothing to penalise; and if GReg-2's automatic ratio selects no group, its picking penalty must end
            layer.setAll(0);
            return new GrowthRule.Outcome(null, true);
        }
        return rule.visit(layer, layers, scores, iteration);
    }

    private void finish(LayerState layer, long iteration) {
        layer.finish(iteration);
        if (layers.stream().allMatch(LayerState::finished)) {
            phase = Phase.STABILIZE_REG;
            stabilizeStart = iteration;
        }
    }

    private GrowthEvent event(LayerState layer, long iteration, Magnitudes measured, ScoresRead read, boolean changed) {
        Magnitudes magnitudes = measured == null ? new Magnitudes(Float.NaN, Float.NaN) : measured;
        return new GrowthEvent(
                iteration,
                layer.name(),
                layer.index(),
                layer.ratio(),
                layer.minLambda(),
                L1Scores.mean(layer.lambda()),
                layer.maxLambda(),
                changed,
                read.mean(),
                read.std(),
                magnitudes.kept(),
                magnitudes.pruned(),
                magnitudes.ratio(),
                layer.history(),
                layer.picked(),
                layer.finished(),
                phase);
    }

    /** True if the removal is due after the step of {@code iteration}. */
    public boolean pruneDue(long iteration) {
        return phase == Phase.STABILIZE_REG
                && iteration - stabilizeStart == config.growing().stabilizeRegInterval();
    }

    /**
     * Ends the run: the selection of every layer is final afterwards. With {@link Semantics#PAPER} the groups with the
     * smallest scores at this point are selected (L1 norms in the paper); otherwise the selection stays as it was chosen or
     * picked.
     *
     * @param scores a layer's scores, of the weights after the last step
     */
    public void complete(long iteration, Function<LayerState, GroupScores> scores) {
        if (!pruneDue(iteration)) {
            throw new IllegalStateException(
                    "growing regularization: the removal is not due at iteration " + iteration + " in phase " + phase);
        }
        phase = Phase.DONE;
        if (config.semantics() == Semantics.PAPER) {
            for (LayerState layer : layers) {
                if (!layer.keepsAll()) {
                    float[] now = scores.apply(layer).choice();
                    layer.pick(layer.choose(now, PickPruned.MIN, 0), layer.pickIteration());
                }
            }
        }
    }

    /**
     * Ends the run early: what was chosen or picked stays, since it was penalised and has partly faded; layers that have not
     * picked take the groups with the smallest scores at this point.
     *
     * @param scores a layer's scores, of the weights after the last step
     * @return how many layers picked now
     */
    public int cutShort(long iteration, Function<LayerState, GroupScores> scores) {
        if (phase == Phase.DONE) {
            throw new IllegalStateException("growing regularization: expected a run that has not ended at iteration "
                    + iteration + ", got one that has");
        }
        phase = Phase.DONE;
        int picked = 0;
        for (LayerState layer : layers) {
            if (layer.picked()) continue;
            layer.pick(layer.choose(scores.apply(layer).choice(), PickPruned.MIN, 0), iteration);
            picked++;
        }
        return picked;
    }

    /** Remembers the scores that a rule read: reading them twice, or for a mean that is not needed, costs time. */
    private static final class ScoresRead implements GroupScores {
        private final GroupScores source;
        private float[] scores;

        ScoresRead(GroupScores source) {
            this.source = source;
        }

        @Override
        public float[] scores() {
            if (scores == null) {
                scores = source.scores();
            }
            return scores;
        }

        @Override
        public ScoreKind kind() {
            return source.kind();
        }

        @Override
        public float[] choice() {
            return kind() == ScoreKind.L1 ? scores() : source.choice();
        }

        @Override
        public Magnitudes magnitudes(float[] now, Selection selection) {
            return source.magnitudes(now, selection);
        }

        float mean() {
            return scores == null ? Float.NaN : L1Scores.mean(scores);
        }

        float std() {
            return scores == null ? Float.NaN : L1Scores.std(scores);
        }
    }
}
