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
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Records the growth of the penalty. Updates are thinned to {@link #MOST_RECORDS} records or so; those in which a layer picks
 * or finishes always have one, and so have the start of the stabilising and the removal. After a pick or a finish a
 * checkpoint is asked for.
 */
final class GrowthRecords implements GrowthListener {
    private static final long MOST_RECORDS = 1000;
    private static final int READ_LOSS_EVERY = 20;
    private static final String PICKED = "picked ";
    private static final String FINISHED = "finished ";

    private final RunFolder folder;
    private final Progress progress;
    private final Supplier<GrowingRegularization> growth;
    private final GregConfig config;
    private final DivergenceGuard guard;
    private final Checkpointer checkpointer;
    private final long maxIterations;
    private final long recordEvery;
    private final Map<String, MetricsRecord.Layer> layers = new LinkedHashMap<>();
    private final Set<String> reached = new HashSet<>();
    private float lambda;
    private boolean milestone;

    /**
     * For a growth that begins or is resumed.
     *
     * @param growth the growth, once the loop runs
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
        recordEvery = Math.max(1, updates / MOST_RECORDS) * config.growing().updateRegInterval();
    }

    /** How many iterations the growth and the stabilising take if no magnitude ratio ends them early. */
    static long mostIterations(GregConfig config) {
        if (config.method() == PruningMethod.L1) return 0;
        if (config.method() == PruningMethod.FIX_REG) return config.growing().stabilizeRegInterval();
        double grown =
                config.method() == PruningMethod.GREG_2 ? config.picking().regUpperLimitPick() : 0;
        double step = config.semantics() == Semantics.PAPER
                ? config.growing().regGranularityPrune()
                : config.picking().regGranularityPick();
        long updates = (long) Math.ceil(grown / step);
        updates += (long) Math.ceil(Math.max(0, config.growing().regUpperLimit() - grown)
                        / config.growing().regGranularityPrune())
                + 1;
        return updates * config.growing().updateRegInterval() + config.growing().stabilizeRegInterval();
    }

    /** What was picked and finished before is no milestone any more. */
    @Override
    public void started(TrainLoop loop) {
        if (loop.iteration() == 0) return;
        for (LayerState layer : growth.get().layers()) {
            if (layer.picked()) reached.add(PICKED + layer.name());
            if (layer.finished()) reached.add(FINISHED + layer.name());
        }
    }

    @Override
    public void visited(GrowthEvent event) {
        if (layers.isEmpty()) lambda = 0;
        lambda = Math.max(lambda, event.lambdaMax());
        if (event.ratio() == 0) return;
        milestone |= event.picked() && reached.add(PICKED + event.layer());
        milestone |= event.finished() && reached.add(FINISHED + event.layer());
        layers.put(event.layer(), MetricsRecord.Layer.of(event));
    }

    @Override
    public void afterStep(TrainLoop loop) {
        long iteration = loop.iteration();
        GrowingRegularization grown = growth.get();
        boolean stabilises = iteration == grown.stabilizeStart();
        boolean removes = grown.removalDue(iteration);
        boolean last = removes || maxIterations > 0 && iteration + 1 >= maxIterations;
        boolean updated = !layers.isEmpty() && (milestone || iteration % recordEvery == 0);
        if (iteration % READ_LOSS_EVERY == 0 || stabilises || last || updated) {
            float loss = loop.loss(); // waits for the device
            guard.checkLoss(loop, loss);
            progress.note(String.format(
                    Locale.ROOT,
                    "%s, lambda %.4g, loss %.3f",
                    grown.phase() == GrowthSchedule.Phase.UPDATE_REG ? "growing" : "stabilising",
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
