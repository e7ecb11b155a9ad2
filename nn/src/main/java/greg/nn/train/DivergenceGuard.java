package greg.nn.train;

/**
 * Stops a training that has diverged before anything of it is saved: checks all weights every {@value #INTERVAL} steps, at
 * the end of each epoch and of the training, and each epoch's loss. Throws {@link DivergedException}.
 */
public final class DivergenceGuard implements TrainHook {
    private static final int INTERVAL = 200;

    @Override
    public void afterStep(TrainLoop loop) {
        if ((loop.iteration() + 1) % INTERVAL == 0) checkWeights(loop);
    }

    @Override
    public void afterEpoch(TrainLoop loop, int epoch, Score train) {
        checkLoss(loop, train.loss());
        checkWeights(loop);
    }

    @Override
    public void ended(TrainLoop loop) {
        checkWeights(loop);
    }

    /** Checks every weight now; for hooks that are about to save them. */
    public void checkWeights(TrainLoop loop) {
        String lost = Finite.firstLost(loop.network());
        if (lost != null) throw found(loop, lost);
    }

    /** Checks a loss that a hook has read. */
    public void checkLoss(TrainLoop loop, double loss) {
        if (!Double.isFinite(loss)) throw found(loop, "the loss is " + loss);
    }

    private static DivergedException found(TrainLoop loop, String what) {
        return new DivergedException("diverged, " + what + " after iteration " + loop.iteration());
    }
}
