package greg.pruning.run;

import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.TrainLoop;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.LayerState;
import greg.pruning.growth.Milestones;
import greg.pruning.select.Selection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Records the growth of the penalty and the stabilising after it: at regular intervals, and at each update in which a layer
 * picks or finishes, at the start of stabilising and at the removal. After a pick or a finish it requests a checkpoint.
 */
final class GrowthRecords implements GrowthListener {
    private static final long MAX_RECORDS = 1000;
    private static final int READ_LOSS_EVERY = 20;

    private final RunFolder folder;
    private final Progress progress;
    private final Supplier<GrowingRegularization> growth;
    private final DivergenceGuard guard;
    private final Checkpointer checkpointer;
    private final long maxIterations;
    private final long recordEvery;
    private final Set<Long> scoresAt;
    private final Milestones milestones = new Milestones();
    /** What is recorded of the step that is being taken; empty if nothing is. */
    private Map<String, MetricsRecord.Layer> layers = Map.of();

    private boolean milestone;
    /** The largest lambda so far, for people: single weights have too many to look for it every few steps. */
    private float lambda;

    /**
     * For a growth that begins or is resumed.
     *
     * @param growth available once the loop runs
     * @param maxIterations after which the growth is cut short; 0: never
     */
    GrowthRecords(
            RunFolder folder,
            Progress progress,
            Supplier<GrowingRegularization> growth,
            GregConfig config,
            RecordSettings settings,
            DivergenceGuard guard,
            Checkpointer checkpointer,
            long maxIterations) {
        this.folder = folder;
        this.progress = progress;
        this.growth = growth;
        this.guard = guard;
        this.checkpointer = checkpointer;
        this.maxIterations = maxIterations;
        GrowthLength length = GrowthLength.of(config);
        int updates = config.growing().updateRegInterval();
        recordEvery = settings.logInterval() > 0
                ? settings.logInterval()
                : Math.max(1, length.iterations() / updates / MAX_RECORDS) * updates;
        scoresAt = settings.scoresAt() == null ? length.moments() : Set.copyOf(settings.scoresAt());
    }

    /** Layers that had picked or finished before the run was resumed are no milestones. */
    @Override
    public void started(TrainLoop loop) {
        if (loop.iteration() > 0) milestones.passed(growth.get().layers());
        lambda = lambda(growth.get());
    }

    @Override
    public void visited(GrowthEvent event) {
        milestone |= milestones.reached(event);
        lambda = Math.max(lambda, event.lambdaMax());
    }

    @Override
    public void beforeStep(TrainLoop loop) {
        long iteration = loop.iteration();
        GrowingRegularization growing = growth.get();
        boolean ends = iteration == growing.stabilizeStart();
        boolean last = isLast(iteration);
        layers = Map.of();
        if (milestone || ends || last || iteration % recordEvery == 0) {
            layers = new LinkedHashMap<>();
            for (GrowthEvent event : growing.observe()) layers.put(event.layer(), MetricsRecord.Layer.of(event));
        }
        boolean picks = milestone && growing.layers().stream().anyMatch(l -> l.pickIteration() == iteration);
        boolean chosen = picks || ends || scoresAt.contains(iteration);
        if (iteration == 0 || chosen && !last) recordScores(iteration, growing);
    }

    /** The last scores are those of the removal: before the last step it may not be decided yet what goes. */
    @Override
    public void chosen() {
        recordScores(growth.get().iteration(), growth.get());
    }

    private void recordScores(long iteration, GrowingRegularization growing) {
        Map<String, MetricsRecord.Groups> groups = new LinkedHashMap<>();
        Map<LayerState, float[]> scored = growing.scores();
        if (scored.isEmpty()) return;
        Map<LayerState, Selection> selections = growing.selectionsNow();
        scored.forEach((layer, scores) -> {
            if (scores.length <= MetricsRecord.Scores.MOST_GROUPS)
                groups.put(layer.name(), MetricsRecord.Groups.of(scores, selections.get(layer)));
        });
        if (!groups.isEmpty())
            folder.metric(new MetricsRecord.Scores(MetricsRecord.Scores.PHASE, iteration, lambda(growing), groups));
    }

    private static float lambda(GrowingRegularization growing) {
        float largest = 0;
        for (LayerState layer : growing.layers()) largest = Math.max(largest, layer.maxLambda());
        return largest;
    }

    private boolean isLast(long iteration) {
        return growth.get().removalDue(iteration) || maxIterations > 0 && iteration + 1 >= maxIterations;
    }

    @Override
    public void afterStep(TrainLoop loop) {
        long iteration = loop.iteration();
        GrowingRegularization growing = growth.get();
        boolean starts = iteration == growing.stabilizeStart();
        boolean grows = starts || growing.phase() == GrowthSchedule.Phase.UPDATE_REG;
        boolean last = isLast(iteration);
        if (iteration % READ_LOSS_EVERY == 0 || !layers.isEmpty() || starts || last) {
            float loss = loop.loss(); // waits for the device
            guard.checkLoss(loop, loss);
            progress.note(String.format(
                    Locale.ROOT,
                    "%s, lambda %.4g, loss %.3f",
                    grows && !starts ? "growing" : "stabilising",
                    lambda,
                    loss));
            if (!layers.isEmpty() && grows) folder.metric(MetricsRecord.Growth.grow(iteration, loss, layers));
            if (starts) folder.metric(MetricsRecord.Growth.stabilise(iteration, loss, null));
            else if (!layers.isEmpty() && !grows && !last)
                folder.metric(MetricsRecord.Growth.stabilise(iteration, loss, layers));
            if (last)
                folder.metric(MetricsRecord.Growth.remove(iteration, loss, layers, !growing.removalDue(iteration)));
        }
        if (milestone) checkpointer.request();
        milestone = false;
    }
}
