package greg.nn.train;

import greg.kernels.Collectives;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Keeps training from being lost: passes a snapshot to a writer at intervals, after the last step of each epoch and of the
 * training, when another hook {@linkplain #request requests one}, and when the training is asked to stop. The snapshot of an
 * epoch is taken before any hook's {@link #afterEpoch}, which may take long, as when it measures the network: a process that
 * ends meanwhile loses no step. Must be the last hook.
 */
public final class Checkpointer implements TrainHook {
    /** Writing may take a twentieth of the time, whatever the interval. */
    private static final double MOST_SHARE = 1.0 / 20;

    private final double interval;
    private final DivergenceGuard guard;
    private final Consumer<TrainState> writer;
    private final BooleanSupplier stopRequested;
    private long lastEnd = System.nanoTime();
    private double lastCost;
    private boolean requested;
    private long savedAt = -1;
    private boolean stepped;

    /**
     * Before the loop starts.
     *
     * @param interval seconds between two snapshots; 0: after every step
     * @param guard checks the weights before they are saved
     * @param stopRequested asked once after each step; when true, a snapshot is taken and {@link StoppedException} thrown
     * @param writer saves a snapshot; null to save none and only honour requests to stop
     */
    public Checkpointer(
            double interval, DivergenceGuard guard, BooleanSupplier stopRequested, Consumer<TrainState> writer) {
        this.interval = interval;
        this.guard = guard;
        this.stopRequested = stopRequested;
        this.writer = writer;
    }

    /** Requests a snapshot after this step. */
    public void request() {
        requested = true;
    }

    @Override
    public void afterStep(TrainLoop loop) {
        stepped = true;
        if ((loop.iteration() + 1) % loop.data().stepsPerEpoch() == 0) save(loop);
    }

    @Override
    public boolean stop(TrainLoop loop) {
        if (!stepped) return false; // resumed: what was saved is what there is
        boolean stops = stopRequested.getAsBoolean();
        boolean saves = requested || due();
        Collectives ranks = loop.network().backend().collectives();
        if (ranks.several()) {
            // all do the same after the same step: what one is asked to, and what rank 0's clock says
            double[] agreed = {stops ? 1 : 0, requested || saves && ranks.rank() == 0 ? 1 : 0};
            ranks.sum(agreed);
            stops = agreed[0] > 0;
            saves = agreed[1] > 0;
        }
        if (stops || saves) save(loop);
        if (stops) throw new StoppedException(loop.iteration());
        return false;
    }

    @Override
    public void ended(TrainLoop loop) {
        if (stepped) save(loop);
    }

    private boolean due() {
        double since = (System.nanoTime() - lastEnd) * 1e-9;
        return interval == 0 || since >= Math.max(interval, lastCost / MOST_SHARE);
    }

    /** Ranks that have drifted apart would each go on with a network of its own, and nobody would see it. */
    private static void checkAlike(TrainLoop loop, TrainState state) {
        Collectives ranks = loop.network().backend().collectives();
        if (!ranks.several()) return;
        int own = 1;
        for (String name : state.network().names()) {
            own = 31 * own + Arrays.hashCode(state.network().get(name).values());
        }
        double[] sum = {own, Math.abs((double) own)};
        ranks.sum(sum);
        if (sum[0] == (double) own * ranks.size() && sum[1] == Math.abs((double) own) * ranks.size()) return;
        throw new IllegalStateException(
                "rank " + ranks.rank() + " of " + ranks.size()
                        + " holds another network than the others after iteration " + loop.iteration()
                        + "; resume from the last checkpoint, and check that all machines have the same processor and libraries");
    }

    private void save(TrainLoop loop) {
        requested = false;
        if (savedAt == loop.iteration()) return;
        guard.checkWeights(loop);
        long start = System.nanoTime();
        if (writer != null) {
            TrainState state = TrainState.of(loop); // which copies all weights to the host
            checkAlike(loop, state);
            writer.accept(state);
        }
        lastEnd = System.nanoTime();
        lastCost = (lastEnd - start) * 1e-9;
        savedAt = loop.iteration();
    }
}
