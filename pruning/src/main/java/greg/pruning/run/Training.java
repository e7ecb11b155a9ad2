package greg.pruning.run;

import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import greg.nn.train.Augmentation;
import greg.nn.train.Evaluator;
import greg.nn.train.Feeder;
import greg.nn.train.Position;
import greg.nn.train.Score;
import greg.nn.train.TrainConfig;
import greg.nn.train.TrainHook;
import greg.nn.train.Trainer;
import java.util.List;
import java.util.Locale;

/** Trains a network for a command: progress, metrics, evaluation after each epoch, checkpoints, Ctrl-C. */
public final class Training {
    private static final int EVALUATION_BATCH = 256;
    private static final String ADVICE = "a smaller learning rate";

    private final RunMonitor console;
    private final RunFolder folder;
    private final RunData data;
    private final Saver saver;

    /**
     * What happened: scores on the test images.
     *
     * @param last at the end
     * @param best of those at the ends of epochs, or null if no epoch came to its end
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

    public Training(RunMonitor console, RunFolder folder, RunData data, Saver saver) {
        this.console = console;
        this.folder = folder;
        this.data = data;
        this.saver = saver;
    }

    /** The score on the test images. */
    public static Score evaluate(NnModule network, RunData data) {
        return new Evaluator(data.split().test(), data.normalization(), EVALUATION_BATCH).evaluate(network);
    }

    /**
     * Trains from where the run's last checkpoint was if that is of the phase that {@code saver} has entered.
     *
     * @param network as {@link Saver#spec()} says; with the tensors of that checkpoint if there is one
     * @param name of the phase for people and metrics
     * @param keep whether the latest and the best network are kept in files of their own
     */
    public Result run(NnModule network, TrainConfig settings, String name, boolean keep) {
        long images = (long) settings.epochs() * data.split().train().size();
        if (settings.maxIterations() > 0) {
            images = Math.min(images, settings.maxIterations() * settings.batchSize());
        }
        Dataset train = data.split().train();
        Augmentation augment = settings.augment();
        try (Optimizer optimizer = settings.optimizer().make(network, settings.momentum(), settings.weightDecay());
                Batches batches = augment.batches(train, settings.batchSize(), settings.seed());
                Progress progress = console.progress(name, images, "img")) {
            saver.spec().masks().apply(network, optimizer);
            Loop loop = new Loop(network, optimizer, settings, name, keep, progress);
            Position from = loop.resume();
            Feeder feeder = augment.feeder(network.backend(), train, data.normalization(), settings.seed());
            loop.trainer = new Trainer(network, optimizer, batches, feeder, List.of(loop));
            if (!loop.full()) loop.trainer.run(from, settings.epochs(), settings.lr());
            return loop.result();
        }
    }

    /** Follows a loop. */
    private final class Loop implements TrainHook {
        private final NnModule network;
        private final Optimizer optimizer;
        private final TrainConfig settings;
        private final String name;
        private final boolean keep;
        private final Progress progress;
        private final long perEpoch;
        private Trainer trainer;
        private long steps;
        private boolean evaluated;
        private Score last;
        private Score best;
        private int bestEpoch = -1;

        Loop(
                NnModule network,
                Optimizer optimizer,
                TrainConfig settings,
                String name,
                boolean keep,
                Progress progress) {
            this.network = network;
            this.optimizer = optimizer;
            this.settings = settings;
            this.name = name;
            this.keep = keep;
            this.progress = progress;
            perEpoch = (data.split().train().size() + settings.batchSize() - 1L) / settings.batchSize();
        }

        /** Takes over the loop of the checkpoint, if there is one. */
        Position resume() {
            RunState.Saved saved = saver.current();
            if (saved == null || saved.state().loop() == null) return Position.START;
            RunState.Loop from = saved.state().loop();
            optimizer.load(saved.optimizer());
            optimizer.stepCount(from.optimizerSteps());
            steps = from.iteration();
            last = from.last();
            best = from.best();
            bestEpoch = from.bestEpoch();
            evaluated = last != null && from.records() == 0;
            long size = data.split().train().size();
            progress.skip(steps / perEpoch * size + steps % perEpoch * settings.batchSize());
            return from.position();
        }

        private void checkWeights() {
            Divergence.check(network, name, steps - 1, ADVICE, folder);
        }

        private void save() {
            checkWeights();
            saver.save(
                    new RunState.Loop(trainer.position(), optimizer.stepCount(), last, best, bestEpoch),
                    network,
                    optimizer);
        }

        @Override
        public void afterStep(long iteration) {
            steps++;
            evaluated = false;
            int size = data.split().train().size();
            boolean lastOfEpoch = (iteration + 1) % perEpoch == 0;
            progress.step(lastOfEpoch ? size - (perEpoch - 1) * settings.batchSize() : settings.batchSize());
        }

        /** Whether the limit of steps is reached. */
        boolean full() {
            return settings.maxIterations() > 0 && steps >= settings.maxIterations();
        }

        @Override
        public boolean stop() {
            if (steps % Divergence.EVERY == 0) checkWeights();
            if (full()) return true;
            if (console.stopRequested()) {
                save();
                throw saver.interrupted("in " + name + " after iteration " + (steps - 1));
            }
            if (!evaluated && saver.due()) save();
            return false;
        }

        @Override
        public void afterEpoch(int epoch, Score train) {
            Divergence.check(train.loss(), name, steps - 1, ADVICE, folder);
            checkWeights();
            score();
            progress.note(String.format(
                    Locale.ROOT,
                    "epoch %d/%d loss %.3f test %.2f%%",
                    epoch + 1,
                    settings.epochs(),
                    train.loss(),
                    last.accuracy()));
            folder.metric(record(epoch, train));
            if (best == null || last.top1() > best.top1()) {
                best = last;
                bestEpoch = epoch;
                if (keep) saver.spec().save(folder.file("checkpoint/best.safetensors"), network);
            }
            if (keep) saver.spec().save(folder.file("checkpoint/latest.safetensors"), network);
            save();
        }

        private void score() {
            last = evaluate(network, data);
            evaluated = true;
        }

        private MetricsRecord record(int epoch, Score train) {
            return new MetricsRecord.Epoch(
                    name,
                    epoch,
                    steps - 1,
                    settings.lr().at(epoch),
                    train.loss(),
                    train.accuracy(),
                    last.loss(),
                    last.accuracy(),
                    last.accuracy5(),
                    progress.rate(),
                    saver.seconds());
        }

        /** A loop that was stopped within an epoch, or had none, is measured now. */
        Result result() {
            if (!evaluated) {
                checkWeights();
                score();
                if (keep) saver.spec().save(folder.file("checkpoint/latest.safetensors"), network);
            }
            return new Result(last, best, bestEpoch);
        }
    }
}
