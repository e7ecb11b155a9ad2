package greg.pruning.cli;

import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.nn.Module;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;
import greg.nn.train.Evaluator;
import greg.nn.train.Feeder;
import greg.nn.train.Score;
import greg.nn.train.TrainHook;
import greg.nn.train.Trainer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Trains a network for a command: progress, metrics, evaluation after each epoch, checkpoints, Ctrl-C. */
final class Training {
    private static final int PREFETCH = 4;
    private static final int EVALUATION_BATCH = 256;

    private final Console console;
    private final RunFolder folder;
    private final DataOptions.Data data;

    /** What happened: scores on the test images. */
    record Result(Score last, Score best, int bestEpoch) {}

    Training(Console console, RunFolder folder, DataOptions.Data data) {
        this.console = console;
        this.folder = folder;
        this.data = data;
    }

    /** The score on the test images. */
    static Score evaluate(Module network, DataOptions.Data data) {
        return new Evaluator(data.split().test(), data.normalization(), EVALUATION_BATCH).evaluate(network);
    }

    /** A feeder of training images as the settings say. */
    static Feeder feeder(Module network, DataOptions.Data data, boolean augment, long seed) {
        Dataset train = data.split().train();
        return augment
                ? Feeder.augmenting(network.backend(), train, data.normalization(), seed)
                : Feeder.plain(network.backend(), train, data.normalization());
    }

    /** Batches of training images in a shuffled order. */
    static Batches batches(DataOptions.Data data, int batchSize, long seed) {
        return new Batches(data.split().train(), batchSize, true, seed, false, PREFETCH);
    }

    /**
     * Trains with SGD.
     *
     * @param phase name for people and metrics
     * @param spec what the checkpoints need to know, or null to write none
     * @param prepare sees the optimiser before the first step, e.g. to set masks
     */
    Result run(Module network, TrainSettings settings, String phase, NetworkSpec spec, Consumer<Optimizer> prepare) {
        long images = (long) settings.epochs() * data.split().train().size();
        if (settings.maxIterations() > 0) {
            images = Math.min(images, settings.maxIterations() * settings.batchSize());
        }
        try (Optimizer sgd = new Sgd(network, (float) settings.momentum(), (float) settings.weightDecay());
                Batches batches = batches(data, settings.batchSize(), settings.seed());
                Progress progress = new Progress(console, phase, images, "img")) {
            prepare.accept(sgd);
            Listener listener = new Listener(network, settings, phase, spec, progress);
            Feeder feeder = feeder(network, data, settings.augment(), settings.seed());
            new Trainer(network, sgd, batches, feeder, List.of(listener)).run(0, settings.epochs(), settings.lr());
            if (Interrupts.requested()) throw interrupted(network, phase, spec);
            return listener.result();
        }
    }

    private InterruptedRunException interrupted(Module network, String phase, NetworkSpec spec) {
        if (spec == null) return new InterruptedRunException("interrupted during " + phase);
        spec.save(folder.file("checkpoint/latest.safetensors"), network);
        return new InterruptedRunException("interrupted during " + phase + "; the network as it is now was saved to "
                + folder.file("checkpoint/latest.safetensors"));
    }

    /** Follows a loop. */
    private final class Listener implements TrainHook {
        private final Module network;
        private final TrainSettings settings;
        private final String phase;
        private final NetworkSpec spec;
        private final Progress progress;
        private final long startNanos = System.nanoTime();
        private long steps;
        private boolean evaluated;
        private Score last;
        private Score best;
        private int bestEpoch = -1;

        Listener(Module network, TrainSettings settings, String phase, NetworkSpec spec, Progress progress) {
            this.network = network;
            this.settings = settings;
            this.phase = phase;
            this.spec = spec;
            this.progress = progress;
        }

        @Override
        public void afterStep(long iteration) {
            steps++;
            evaluated = false;
            int size = data.split().train().size();
            long perEpoch = (size + settings.batchSize() - 1L) / settings.batchSize();
            boolean lastOfEpoch = (iteration + 1) % perEpoch == 0;
            progress.step(lastOfEpoch ? size - (perEpoch - 1) * settings.batchSize() : settings.batchSize());
        }

        @Override
        public boolean stop() {
            return Interrupts.requested() || settings.maxIterations() > 0 && steps >= settings.maxIterations();
        }

        @Override
        public void afterEpoch(int epoch, Score train) {
            if (!Double.isFinite(train.loss())) {
                throw new RunException(phase + ": the loss is " + train.loss() + " after epoch " + epoch
                        + "; train with a lower learning rate");
            }
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
                if (spec != null) spec.save(folder.file("checkpoint/best.safetensors"), network);
            }
            if (spec != null) spec.save(folder.file("checkpoint/latest.safetensors"), network);
        }

        private void score() {
            last = evaluate(network, data);
            evaluated = true;
        }

        private Map<String, Object> record(int epoch, Score train) {
            return Json.object(
                    "phase", phase,
                    "epoch", epoch,
                    "iteration", steps - 1,
                    "lr", settings.lr().at(epoch),
                    "loss", train.loss(),
                    "accuracy", train.accuracy(),
                    "test_loss", last.loss(),
                    "test_accuracy", last.accuracy(),
                    "test_accuracy5", last.accuracy5(),
                    "images_per_second", progress.rate(),
                    "seconds", (System.nanoTime() - startNanos) * 1e-9);
        }

        /** A loop that was stopped within an epoch, or had none, is measured now. */
        Result result() {
            if (!evaluated) {
                score();
                if (spec != null) spec.save(folder.file("checkpoint/latest.safetensors"), network);
            }
            return new Result(last, best == null ? last : best, bestEpoch);
        }
    }
}
