package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.optim.LrSchedule;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The training loop: there is one. It knows nothing of pruning, files or output: the growing penalty, checkpoints, metrics
 * and progress are {@linkplain TrainHook hooks} on it.
 *
 * <pre>{@code
 * Trainer.sgd(net, 0.01f).run(TrainData.of(train, 128), 30);
 * }</pre>
 */
public final class Trainer {
    private static final int INTERVAL = 60;
    private static final Score NO_SCORE = new Score(0, 0, 0, 0);
    private static final String TRAINING = "training";
    private static final String SCORE = "score";
    private static final String OTHER_FILE = "; name another file, or remove it";
    private static final float MOMENTUM = 0.9f;
    private static final float WEIGHT_DECAY = 5e-4f;

    private final NnModule network;
    private final Supplier<Optimizer> optimizers;
    private final boolean owns;
    private LrSchedule schedule;
    private final List<TrainHook> hooks = new ArrayList<>();
    private Path file;
    private BooleanSupplier stop = () -> false;

    private Trainer(NnModule network, Supplier<Optimizer> optimizers, boolean owns) {
        this.network = network;
        this.optimizers = optimizers;
        this.owns = owns;
    }

    /** Uses an optimizer that the caller closes; its learning rate stays unless a {@link #schedule} is given. */
    public Trainer(NnModule network, Optimizer optimizer) {
        this(network, () -> optimizer, false);
    }

    /** Stochastic gradient descent with momentum 0.9 and weight decay 5e-4, at a constant learning rate. */
    public static Trainer sgd(NnModule network, float learningRate) {
        return new Trainer(network, () -> new Sgd(network, MOMENTUM, WEIGHT_DECAY), true)
                .schedule(LrSchedule.constant(learningRate));
    }

    /** Learning rate by epoch. */
    public Trainer schedule(LrSchedule rates) {
        schedule = rates;
        return this;
    }

    /** Adds hooks after those already there. */
    public Trainer hooks(TrainHook... more) {
        Collections.addAll(hooks, more);
        return this;
    }

    /**
     * Keeps the state of the training in a file, after each epoch and every {@value #INTERVAL} seconds; {@link
     * #run(TrainData, int)} resumes from it if it is there. Training that was resumed ends with the same bits as training that
     * was never interrupted. The file stays when the training is complete: running again for as many epochs takes
     * no step, but calls the hooks for the end of the last epoch again; running for more epochs resumes from there. A file of training with another optimizer, or with another number of
     * images or steps per epoch, is rejected; whether the images are the same is not checked.
     */
    public Trainer checkpoint(Path to) {
        file = to;
        return this;
    }

    /** Asked after each step; when true, the state is saved where {@link #checkpoint} says and a {@link StoppedException} thrown. */
    public Trainer stopWhen(BooleanSupplier requested) {
        stop = requested;
        return this;
    }

    /**
     * Trains from the start, or from the file of {@link #checkpoint}.
     *
     * @param epochs passes over the data
     * @return the training score of the last epoch, or of the part of it before a hook stopped the training
     * @throws IllegalArgumentException if the file belongs to other training, or to more epochs than these
     */
    public Score run(TrainData data, int epochs) {
        long steps = (long) epochs * data.stepsPerEpoch();
        Optimizer optimizer = optimizers.get();
        try {
            String kind = optimizer.getClass().getSimpleName() + ", " + data.imagesPerEpoch() + " images in "
                    + data.stepsPerEpoch() + " steps an epoch";
            LastEpoch last = new LastEpoch();
            Position from = file != null && Files.exists(file) ? resume(optimizer, kind, last, steps) : Position.START;
            DivergenceGuard guard = new DivergenceGuard();
            List<TrainHook> all = new ArrayList<>(hooks);
            all.add(guard);
            all.add(last);
            Consumer<TrainState> writer = file == null ? null : state -> keep(state, kind, last);
            all.add(new Checkpointer(INTERVAL, guard, stop, writer));
            return loop(optimizer, all, data, from, steps, last.score);
        } finally {
            if (owns) optimizer.close();
        }
    }

    private Position resume(Optimizer optimizer, String kind, LastEpoch last, long steps) {
        TrainFile saved = TrainFile.read(file);
        String then = saved.notes().get(TRAINING);
        TrainState state = saved.state();
        if (!kind.equals(then)) {
            throw new IllegalArgumentException(
                    "trainer: " + file + " belongs to other training (" + then + "), expected " + kind + OTHER_FILE);
        }
        if (state.position().iteration() > steps) {
            throw new IllegalArgumentException("trainer: " + file + " is of training that has taken "
                    + state.position().iteration() + " steps already, more than the " + steps + " asked for"
                    + OTHER_FILE);
        }
        state.restore(network);
        state.restore(optimizer);
        String[] score = saved.notes().get(SCORE).split(" ");
        last.score = new Score(
                Long.parseLong(score[0]),
                Double.parseDouble(score[1]),
                Long.parseLong(score[2]),
                Long.parseLong(score[3]));
        return state.position();
    }

    private void keep(TrainState state, String kind, LastEpoch last) {
        Score s = last.score;
        String score = s.records() + " " + s.loss() + " " + s.top1() + " " + s.top5();
        Map<String, String> notes = Map.of(TRAINING, kind, SCORE, score);
        new TrainFile(state, new StateDict(), notes).write(file);
    }

    /** Remembers the score of the last complete epoch, which may be from before the training was resumed. */
    private static final class LastEpoch implements TrainHook {
        private Score score = NO_SCORE;

        @Override
        public void afterEpoch(TrainLoop loop, int epoch, Score train) {
            score = train;
        }
    }

    /**
     * Trains from {@code from} on, until this many steps are done or a hook stops it; the network, the optimizer and the
     * hooks must be in the state that they had there.
     *
     * @param steps counted from the start of the training
     * @return as {@link #run(TrainData, int)}
     */
    public Score run(TrainData data, Position from, long steps) {
        Optimizer optimizer = optimizers.get();
        try {
            return loop(optimizer, hooks, data, from, steps, NO_SCORE);
        } finally {
            if (owns) optimizer.close();
        }
    }

    private Score loop(
            Optimizer optimizer, List<TrainHook> all, TrainData data, Position from, long steps, Score before) {
        try (Loop loop = new Loop(data, optimizer, from, all)) {
            return loop.run(steps, before);
        }
    }

    private final class Loop implements TrainLoop, AutoCloseable {
        private final TrainData data;
        private final Optimizer optimizer;
        private final Metrics metrics;
        private final TrainStep step;
        private final InputSource inputs;
        private final List<TrainHook> hooks;
        private long iteration;

        Loop(TrainData data, Optimizer optimizer, Position from, List<TrainHook> hooks) {
            this.data = data;
            this.hooks = hooks;
            this.optimizer = optimizer;
            iteration = from.iteration();
            inputs = data.open(network.backend(), iteration); // first: it may throw
            metrics = new Metrics(network.backend());
            try {
                metrics.restore(from);
                step = new TrainStep(network, optimizer, metrics);
            } catch (RuntimeException e) {
                inputs.close();
                metrics.close();
                throw e;
            }
        }

        Score run(long steps, Score before) {
            int perEpoch = data.stepsPerEpoch();
            boolean stopped = false;
            int rateOf = -1;
            Score epochScore = before;
            long first = iteration;
            network.train(true);
            for (TrainHook hook : hooks) hook.started(this);
            if (first > 0) { // the state may be from before the end of an epoch, or from after the last step of all
                iteration = first - 1;
                if (first % perEpoch == 0 && !metrics.empty()) epochScore = endEpoch();
                stopped = stopped();
            }
            for (long i = first; i < steps && !stopped; i++) {
                iteration = i;
                int epoch = Math.toIntExact(i / perEpoch);
                if (schedule != null && epoch != rateOf) optimizer.learningRate(schedule.at(epoch));
                rateOf = epoch;
                for (TrainHook hook : hooks) hook.beforeStep(this);
                step.run(inputs);
                for (TrainHook hook : hooks) hook.afterStep(this);
                if ((i + 1) % perEpoch == 0) epochScore = endEpoch();
                stopped = stopped();
            }
            for (TrainHook hook : hooks) hook.ended(this);
            return metrics.empty() ? epochScore : metrics.read();
        }

        /** After the last step of an epoch, that of {@link #iteration}. */
        private Score endEpoch() {
            Score score = metrics.readAndReset();
            int epoch = Math.toIntExact(iteration / data.stepsPerEpoch());
            for (TrainHook hook : hooks) hook.afterEpoch(this, epoch, score);
            network.train(true); // a hook may have measured the network
            return score;
        }

        private boolean stopped() {
            for (TrainHook hook : hooks) if (hook.stop(this)) return true;
            return false;
        }

        @Override
        public NnModule network() {
            return network;
        }

        @Override
        public Optimizer optimizer() {
            return optimizer;
        }

        @Override
        public TrainData data() {
            return data;
        }

        @Override
        public long iteration() {
            return iteration;
        }

        @Override
        public int images() {
            return step.images();
        }

        @Override
        public float loss() {
            return step.loss();
        }

        @Override
        public Position position() {
            return metrics.position(iteration + 1);
        }

        @Override
        public void close() {
            inputs.close();
            step.close();
            metrics.close();
        }
    }
}
