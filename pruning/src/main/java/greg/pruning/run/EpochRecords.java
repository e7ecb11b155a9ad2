package greg.pruning.run;

import greg.nn.NnModule;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import greg.nn.train.TrainConfig;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import java.util.Locale;

/** Measures the network after each epoch, records the result, and keeps the latest and the best network. */
final class EpochRecords implements TrainHook {

    private final RunFolder folder;
    private final RunCheckpoints checkpoints;
    private final Evaluator evaluator;
    private final TrainConfig settings;
    private final String phase;
    private final boolean keep;
    private final Progress progress;
    private boolean measured;
    private RunState.Epochs epochs;

    /**
     * For a loop that begins or is resumed.
     *
     * @param phase its name, for messages and metrics
     * @param keep whether the latest and the best network are kept in files of their own
     * @param from of the checkpoint that is resumed, or null
     */
    EpochRecords(
            RunFolder folder,
            RunCheckpoints checkpoints,
            Evaluator evaluator,
            TrainConfig settings,
            String phase,
            boolean keep,
            Progress progress,
            RunState from) {
        this.folder = folder;
        this.checkpoints = checkpoints;
        this.evaluator = evaluator;
        this.settings = settings;
        this.phase = phase;
        this.keep = keep;
        this.progress = progress;
        epochs = from == null || from.epochs() == null ? RunState.Epochs.NONE : from.epochs();
        measured = epochs.last() != null && from.loop().records() == 0;
    }

    /** The scores so far. */
    RunState.Epochs epochs() {
        return epochs;
    }

    @Override
    public void afterStep(TrainLoop loop) {
        measured = false;
    }

    @Override
    public void afterEpoch(TrainLoop loop, int epoch, Score train) {
        Score last = measure(loop.network());
        progress.note(String.format(
                Locale.ROOT,
                "epoch %d/%d loss %.3f test %.2f%%",
                epoch + 1,
                settings.epochs(),
                train.loss(),
                last.accuracy()));
        folder.metric(MetricsRecord.Epoch.of(
                phase,
                epoch,
                loop.iteration(),
                settings.lr().at(epoch),
                train,
                last,
                progress.rate(),
                checkpoints.seconds()));
        boolean better = epochs.best() == null || last.top1() > epochs.best().top1();
        if (better) {
            epochs = new RunState.Epochs(last, last, epoch);
            if (keep) checkpoints.spec().save(folder.file(RunFiles.BEST), loop.network(), last);
        }
        if (keep) checkpoints.spec().save(folder.file(RunFiles.LATEST), loop.network(), last);
    }

    /** The score of the network now; training that ended within an epoch, or had none, is measured here. */
    Score last(NnModule network) {
        if (!measured) {
            measure(network);
            if (keep) checkpoints.spec().save(folder.file(RunFiles.LATEST), network, epochs.last());
        }
        return epochs.last();
    }

    private Score measure(NnModule network) {
        Score score = evaluator.evaluate(network);
        epochs = new RunState.Epochs(score, epochs.best(), epochs.bestEpoch());
        measured = true;
        return score;
    }
}
