package greg.pruning.run;

import greg.nn.NnModule;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.report.Written;
import greg.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Follows the growth of the penalty: progress, metrics, Ctrl-C. Updates are thinned to {@link #MOST_RECORDS} records or so;
 * those in which a layer picks or finishes always have one, and so have the start of the stabilising and the removal.
 */
public final class GrowthMonitor implements GrowthListener {
    private static final long MOST_RECORDS = 1000;
    private static final int READ_LOSS_EVERY = 20;
    private static final String NAME = "pruning";
    private static final String PICKED = "picked ";
    private static final String FINISHED = "finished ";
    private static final String ADVICE = "a smaller lrPrune or regUpperLimit";

    private final RunMonitor console;
    private final RunFolder folder;
    private final Progress progress;
    private final Saver saver;
    private final NnModule network;
    private final GregConfig config;
    private final long recordEvery;
    private final long maxIterations;
    private final Map<String, MetricsRecord.Layer> layers = new LinkedHashMap<>();
    private GrowingRegularization growth;
    private float lambda;
    private boolean milestone;
    private String cut;
    private final Set<String> reached = new HashSet<>();

    /**
     * For a growth that begins, or goes on.
     *
     * @param maxIterations the limit; 0: none
     * @param from where it goes on, or null
     */
    GrowthMonitor(
            RunMonitor console,
            RunFolder folder,
            Progress progress,
            Saver saver,
            NnModule network,
            GregConfig config,
            long maxIterations,
            GrowthState from) {
        this.console = console;
        this.folder = folder;
        this.progress = progress;
        this.saver = saver;
        this.network = network;
        this.config = config;
        this.maxIterations = maxIterations;
        long updates = mostIterations(config) / config.growing().updateRegInterval();
        recordEvery = Math.max(1, updates / MOST_RECORDS) * config.growing().updateRegInterval();
        if (from != null) {
            for (GrowthState.Layer layer : from.layers()) {
                if (layer.picked()) reached.add(PICKED + layer.name());
                if (layer.finishIteration() >= 0) reached.add(FINISHED + layer.name());
            }
            progress.skip(from.iteration() + 1);
        }
    }

    /** How many iterations the growth and the stabilising take if no magnitude ratio ends them early. */
    public static long mostIterations(GregConfig config) {
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

    @Override
    public void started(GrowingRegularization run) {
        growth = run;
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

    /** The records that are due after a step, with its loss. */
    private void writeRecords(long iteration, boolean stabilises, boolean last, float loss) {
        if (updateIsRecorded(iteration)) {
            folder.metric(MetricsRecord.Growth.update(iteration, loss, layers));
        }
        if (stabilises) folder.metric(MetricsRecord.Growth.stabilise(iteration, loss));
        if (last) folder.metric(MetricsRecord.Growth.remove(iteration, loss, !due(iteration)));
    }

    private boolean updateIsRecorded(long iteration) {
        return !layers.isEmpty() && (milestone || iteration % recordEvery == 0);
    }

    /** Whether the groups go after this step, as the schedule has it. */
    private boolean due(long iteration) {
        long start = growth.stabilizeStart();
        return start >= 0 && iteration - start == config.growing().stabilizeRegInterval();
    }

    /** Stops the run if the weights are lost. */
    public void checkWeights(long iteration) {
        Divergence.check(network, NAME, iteration, ADVICE, folder);
    }

    private void save() {
        checkWeights(growth.iteration());
        saver.save(growth.save(), network);
    }

    @Override
    public void stepped(long iteration, GrowthSchedule.Phase phase, Tensor stepLoss) {
        boolean stabilises = iteration == growth.stabilizeStart();
        boolean last = full(iteration) || due(iteration);
        if (iteration % READ_LOSS_EVERY == 0 || stabilises || last || updateIsRecorded(iteration)) {
            float loss = stepLoss.item(); // waits for the device
            Divergence.check(loss, NAME, iteration, ADVICE, folder);
            progress.note(String.format(
                    Locale.ROOT,
                    "%s, lambda %.4g, loss %.3f",
                    phase == GrowthSchedule.Phase.UPDATE_REG ? "growing" : "stabilising",
                    lambda,
                    loss));
            writeRecords(iteration, stabilises, last, loss);
        }
        layers.clear();
        if ((iteration + 1) % Divergence.EVERY == 0) checkWeights(iteration);
        progress.step(1);
        if (full(iteration)) {
            checkWeights(iteration);
            return;
        }
        if (console.stopRequested()) {
            save();
            throw saver.interrupted("in the growth after iteration " + iteration);
        }
        if (milestone || saver.due()) save();
        milestone = false;
    }

    private boolean full(long iteration) {
        return maxIterations > 0 && iteration + 1 >= maxIterations;
    }

    @Override
    public boolean stop(long iteration) {
        return full(iteration);
    }

    @Override
    public void cutShort(int chosen, int now) {
        String picked = now == 0
                ? ""
                : (chosen == 0 ? "no layer" : chosen == 1 ? "1 layer" : chosen + " layers") + " had picked by then, "
                        + (now == 1 ? "1 takes its" : now + " take their") + " smallest groups of now";
        cut = Written.name(config.method()) + ": cut short by maxIterations after " + maxIterations + " iterations; "
                + (now == 0 ? "the groups chosen before go, faded as far as they are" : picked);
    }

    /** What to say of a growth that the limit ended early, or null. */
    public String cut() {
        return cut;
    }
}
