package greg.pruning.run;

import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.TrainLoop;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.Milestones;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Records the growth of the penalty. Updates are thinned to about {@link #MAX_RECORDS} records; an update in which a layer
 * picks or finishes is always recorded, and so are the start of stabilising and the removal. After a pick or a finish it
 * requests a checkpoint.
 */
final class GrowthRecords implements GrowthListener {
    private static final long MAX_RECORDS = 1000;
    private static final int READ_LOSS_EVERY = 20;

    private final RunFolder folder;
    private final Progress progress;
    private final Supplier<GrowingRegularization> growth;
    private final GregConfig config;
    private final DivergenceGuard guard;
    private final Checkpointer checkpointer;
    private final long maxIterations;
    private final long recordEvery;
    private final Map<String, MetricsRecord.Layer> layers = new LinkedHashMap<>();
    private final Milestones milestones = new Milestones();
    private float lambda;
    private boolean milestone;

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
            DivergenceGuard guard,
            Checkpointer checkpointer,
            long maxIterations) {
        this.folder = folder;
        this.progress = progress;
        this.growth = growth;
        this.config = config;
        this.guard = guard;
        this.checkpointer = checkpointer;
        this.maxIterations = maxIterations;
        long updates = mostIterations(config) / config.growing().updateRegInterval();
        recordEvery = Math.max(1, updates / MAX_RECORDS) * config.growing().updateRegInterval();
    }

    /** How many iterations growing and stabilising take if no magnitude ratio ends growth early. */
    static long mostIterations(GregConfig config) {
        if (config.method() == PruningMethod.L1) return 0;
        if (config.method() == PruningMethod.FIX_REG) return config.growing().stabilizeRegInterval();
        double pickedAt =
                config.method() == PruningMethod.GREG_2 ? config.picking().regUpperLimitPick() : 0;
        double step = config.semantics() == Semantics.PAPER
                ? config.growing().regGranularityPrune()
                : config.picking().regGranularityPick();
        long updates = (long) Math.ceil(pickedAt / step);
        updates += (long) Math.ceil(Math.max(0, config.growing().regUpperLimit() - pickedAt)
                        / config.growing().regGranularityPrune())
                + 1;
        return updates * config.growing().updateRegInterval() + config.growing().stabilizeRegInterval();
    }

    /** Layers that had picked or finished before the run was resumed are no milestones. */
    @Override
    public void started(TrainLoop loop) {
        if (loop.iteration() > 0) milestones.passed(growth.get().layers());
    }

    @Override
    public void visited(GrowthEvent event) {
        if (layers.isEmpty()) lambda = 0;
        lambda = Math.max(lambda, event.lambdaMax());
        if (event.ratio() == 0) return;
        milestone |= milestones.reached(event);
        layers.put(event.layer(), MetricsRecord.Layer.of(event));
    }

    @Override
    public void afterStep(TrainLoop loop) {
        long iteration = loop.iteration();
        GrowingRegularization growing = growth.get();
        boolean stabilises = iteration == growing.stabilizeStart();
        boolean removes = growing.removalDue(iteration);
        boolean last = removes || maxIterations > 0 && iteration + 1 >= maxIterations;
        boolean updated = !layers.isEmpty() && (milestone || iteration % recordEvery == 0);
        if (iteration % READ_LOSS_EVERY == 0 || stabilises || last || updated) {
            float loss = loop.loss(); // waits for the device
            guard.checkLoss(loop, loss);
            progress.note(String.format(
                    Locale.ROOT,
                    "%s, lambda %.4g, loss %.3f",
                    growing.phase() == GrowthSchedule.Phase.UPDATE_REG ? "growing" : "stabilising",
                    lambda,
                    loss));
            if (updated) folder.metric(MetricsRecord.Growth.update(iteration, loss, layers));
            if (stabilises) folder.metric(MetricsRecord.Growth.stabilise(iteration, loss));
            if (last) folder.metric(MetricsRecord.Growth.remove(iteration, loss, !removes));
        }
        layers.clear();
        if (milestone) checkpointer.request();
        milestone = false;
    }
}
