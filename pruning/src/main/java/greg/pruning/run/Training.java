package greg.pruning.run;

import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.Evaluator;
import greg.nn.train.Position;
import greg.nn.train.Score;
import greg.nn.train.TrainConfig;
import greg.nn.train.TrainData;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainState;
import greg.nn.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The phases of a run that train a network: the base network, and what is left of it after the removal. */
public final class Training {
    private static final int EVALUATION_BATCH = 256;
    private static final String REMEDY = "a smaller learning rate";

    private final RunMonitor monitor;
    private final RunFolder folder;
    private final RunData data;
    private final RunCheckpoints checkpoints;

    /**
     * Scores on the test images.
     *
     * @param last at the end
     * @param best of those at the ends of epochs, or null if no epoch was completed
     * @param bestEpoch its epoch, or -1
     */
    public record Result(Score last, Score best, int bestEpoch) {
        /** For people. */
        @Override
        public String toString() {
            String end = String.format(Locale.ROOT, "top-1 %.2f%% at the end, ", last.accuracy());
            return end
                    + (best == null
                            ? "before any epoch was complete"
                            : String.format(
                                    Locale.ROOT, "%.2f%% after the best epoch (%d)", best.accuracy(), bestEpoch));
        }
    }

    /** For the run in {@code folder}. */
    public Training(RunMonitor monitor, RunFolder folder, RunData data, RunCheckpoints checkpoints) {
        this.monitor = monitor;
        this.folder = folder;
        this.data = data;
        this.checkpoints = checkpoints;
    }

    /** The score on the test images. */
    static Score evaluate(NnModule network, RunData data) {
        return evaluator(data).evaluate(network);
    }

    /** Measures networks on the test images. */
    static Evaluator evaluator(RunData data) {
        return new Evaluator(data.split().test(), data.normalization(), EVALUATION_BATCH);
    }

    /**
     * Trains, from the run's last checkpoint if that is of the phase that {@code checkpoints} has entered.
     *
     * @param network as {@link RunCheckpoints#spec()} says; with the tensors of that checkpoint if there is one
     * @param name of the phase, for messages and metrics
     * @param keep whether the latest and the best network are kept in files of their own
     */
    public Result run(NnModule network, TrainConfig settings, String name, boolean keep) {
        TrainData train = data.training(settings.augment(), settings.batchSize(), settings.seed());
        RunState.Saved saved = checkpoints.current();
        boolean resumed = saved != null && saved.state().loop() != null;
        TrainState from = resumed ? saved.training() : null;
        Position position = resumed ? from.position() : Position.START;
        long steps = (long) settings.epochs() * train.stepsPerEpoch();
        long images = settings.epochs() * train.imagesPerEpoch();
        if (settings.maxIterations() > 0) {
            steps = Math.min(steps, settings.maxIterations());
            images = Math.min(images, settings.maxIterations() * settings.batchSize());
        }
        try (Optimizer optimizer = settings.optimizer().make(network, settings.momentum(), settings.weightDecay());
                Progress progress = monitor.progress(name, images, "img")) {
            if (resumed) from.restore(optimizer);
            boolean within = position.iteration() % train.stepsPerEpoch() != 0;
            progress.skip(position.iteration() / train.stepsPerEpoch() * train.imagesPerEpoch()
                    + (within ? position.records() : 0));
            EpochRecords records = new EpochRecords(
                    folder,
                    checkpoints,
                    evaluator(data),
                    settings,
                    name,
                    keep,
                    progress,
                    resumed ? saved.state() : null);
            DivergenceGuard guard = new DivergenceGuard();
            Checkpointer checkpointer = checkpoints.ofTraining(guard, monitor::stopRequested, records::epochs);
            List<TrainHook> hooks =
                    new ArrayList<>(List.of(new ProgressHook(progress, true), checkpoints.steps(), guard, records));
            if (settings.maxIterations() > 0) hooks.add(TrainHook.limit(settings.maxIterations()));
            hooks.add(checkpointer);
            Trainer trainer =
                    new Trainer(network, optimizer).schedule(settings.lr()).hooks(hooks.toArray(TrainHook[]::new));
            long end = steps;
            new LoopRunner(folder).run(name, REMEDY, () -> trainer.run(train, position, end));
            Score last = records.last(network);
            return new Result(last, records.epochs().best(), records.epochs().bestEpoch());
        }
    }
}
