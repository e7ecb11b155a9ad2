package greg.pruning.cli;

import greg.nn.Module;
import greg.pruning.GregConfig;
import greg.pruning.GrowthEvent;
import greg.pruning.GrowthListener;
import greg.pruning.GrowthSchedule;
import greg.pruning.PruningMethod;
import greg.pruning.Semantics;
import greg.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Follows the growth of the penalty: progress, metrics, Ctrl-C. */
final class GrowthMonitor implements GrowthListener {
    private static final long MOST_RECORDS = 1000;
    private static final int READ_LOSS_EVERY = 20;

    private final RunFolder folder;
    private final Progress progress;
    private final NetworkSpec spec;
    private final Module network;
    private final GregConfig config;
    private final long recordEvery;
    private final long maxIterations;
    private Map<String, Object> layers = new LinkedHashMap<>();
    private long updateIteration = -1;
    private float lambda;
    private float loss = Float.NaN;

    /** Thrown to leave the loop when {@code --max-iterations} are done. */
    static final class CutShort extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CutShort() {
            super("growth cut short", null, false, false);
        }
    }

    GrowthMonitor(
            RunFolder folder,
            Progress progress,
            NetworkSpec spec,
            Module network,
            GregConfig config,
            long maxIterations) {
        this.folder = folder;
        this.progress = progress;
        this.spec = spec;
        this.network = network;
        this.config = config;
        this.maxIterations = maxIterations;
        long updates = mostIterations(config) / config.updateRegInterval();
        recordEvery = Math.max(1, updates / MOST_RECORDS) * config.updateRegInterval();
    }

    /** How many iterations the growth and the stabilising take if no magnitude ratio ends them early. */
    static long mostIterations(GregConfig config) {
        if (config.method() == PruningMethod.L1) return 0;
        if (config.method() == PruningMethod.FIX_REG) return config.stabilizeRegInterval();
        double grown = config.method() == PruningMethod.GREG_2 ? config.regUpperLimitPick() : 0;
        double step =
                config.semantics() == Semantics.PAPER ? config.regGranularityPrune() : config.regGranularityPick();
        long updates = (long) Math.ceil(grown / step);
        updates += (long) Math.ceil(Math.max(0, config.regUpperLimit() - grown) / config.regGranularityPrune()) + 1;
        return updates * config.updateRegInterval() + config.stabilizeRegInterval();
    }

    @Override
    public void visited(GrowthEvent event) {
        if (event.iteration() != updateIteration) {
            writeUpdate();
            updateIteration = event.iteration();
            lambda = 0;
        }
        lambda = Math.max(lambda, event.lambdaMax());
        if (event.ratio() == 0) return;
        layers.put(
                event.layer(),
                Json.object(
                        "lambda", event.lambdaMax(),
                        "lambda_min", event.lambdaMin(),
                        "magnitude_ratio", finite(event.magRatio()),
                        "history", finite(event.history()),
                        "picked", event.picked(),
                        "finished", event.finished()));
    }

    /** JSON has no NaN. */
    private static Object finite(float value) {
        return Float.isFinite(value) ? value : null;
    }

    private void writeUpdate() {
        if (!layers.isEmpty() && updateIteration % recordEvery == 0) {
            folder.metric(
                    Json.object("phase", "grow", "iteration", updateIteration, "loss", finite(loss), "layers", layers));
        }
        layers = new LinkedHashMap<>();
    }

    @Override
    public void stepped(long iteration, GrowthSchedule.Phase phase, Tensor stepLoss) {
        if (iteration % READ_LOSS_EVERY == 0) {
            loss = stepLoss.item();
            if (!Float.isFinite(loss)) {
                throw new RunException("pruning: the loss is " + loss + " at iteration " + iteration
                        + "; prune with a lower --lr-prune or --reg-upper-limit");
            }
            progress.note(String.format(
                    Locale.ROOT,
                    "%s, lambda %.4g, loss %.3f",
                    phase == GrowthSchedule.Phase.UPDATE_REG ? "growing" : "stabilising",
                    lambda,
                    loss));
        }
        progress.step(1);
        if (Interrupts.requested()) {
            spec.save(folder.file("checkpoint/latest.safetensors"), network);
            throw new InterruptedRunException("interrupted at iteration " + iteration
                    + " of pruning; the unpruned network as it is now was saved to "
                    + folder.file("checkpoint/latest.safetensors"));
        }
        if (maxIterations > 0 && iteration + 1 >= maxIterations) throw new CutShort();
    }

    /** Writes what is left. */
    void finish() {
        writeUpdate();
    }
}
