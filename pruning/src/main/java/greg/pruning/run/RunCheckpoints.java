package greg.pruning.run;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.nn.train.TrainState;
import greg.pruning.growth.GrowingRegularization;
import java.nio.file.Files;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A run's checkpoints: the state of the training loop, and of the run around it. */
public final class RunCheckpoints {
    /** Kernels that were chosen by measuring, in runs of earlier versions; now the state has them. */
    static final String PLANS = "checkpoint/plans.txt";

    private final RunFolder folder;
    private final Backend backend;
    private final double interval;
    private final RunState.Saved from;
    private final RunMonitor monitor;

    private Phase phase = Phase.TRAIN;
    private NetworkSpec spec;
    private RunState.Results results = RunState.Results.NONE;
    private double secondsBefore;
    private long phaseStart = System.nanoTime();

    /**
     * For a run in {@code folder}. The kernels that a resumed run had chosen by measuring are chosen again.
     *
     * @param backend of the run
     * @param interval seconds between two checkpoints; 0: after every step
     * @param from the checkpoint to resume from, or null
     * @param monitor told of kernels that cannot be chosen again, and whether there are steps since the last checkpoint
     */
    public RunCheckpoints(RunFolder folder, Backend backend, double interval, RunState.Saved from, RunMonitor monitor) {
        this.folder = folder;
        this.backend = backend;
        this.monitor = monitor;
        List<String> plans = from == null ? List.of() : plans(from.state());
        if (!plans.isEmpty()) for (String lost : backend.usePlans(plans)) monitor.say("warning: %s", lost);
        this.interval = interval;
        this.from = from;
    }

    private List<String> plans(RunState state) {
        if (state.plans() != null) return state.plans();
        return Files.exists(folder.file(PLANS)) ? folder.readLines(PLANS) : List.of();
    }

    /** Whether the resumed run had got past {@code which}. */
    boolean past(Phase which) {
        return from != null && from.state().phase().compareTo(which) > 0;
    }

    /** The checkpoint to resume from if it is of this phase, else null. */
    RunState.Saved from(Phase which) {
        return from != null && from.state().phase() == which ? from : null;
    }

    /** How to build the network of this phase. */
    NetworkSpec spec() {
        return spec;
    }

    /** The checkpoint to resume from if it is of the phase that was entered, else null. */
    RunState.Saved current() {
        return from(phase);
    }

    /** The results that the resumed run had by then. */
    RunState.Results results() {
        return from == null ? RunState.Results.NONE : from.state().results();
    }

    /** A phase begins or is resumed; checkpoints from now on belong to it. */
    public void enter(Phase entered, NetworkSpec network, RunState.Results known) {
        boolean resumed = from(entered) != null;
        phase = entered;
        spec = network;
        results = known;
        secondsBefore = resumed ? from.state().seconds() : 0;
        phaseStart = System.nanoTime();
    }

    /** Wall time of this phase in seconds, including that before it was resumed. */
    double seconds() {
        return secondsBefore + (System.nanoTime() - phaseStart) * 1e-9;
    }

    /** Checkpoints of a loop that trains, with the scores of its epochs. */
    Checkpointer ofTraining(DivergenceGuard guard, BooleanSupplier stopRequested, Supplier<RunState.Epochs> epochs) {
        return checkpointer(guard, stopRequested, state -> write(state, epochs.get(), new StateDict()));
    }

    /** Checkpoints of a loop with growing penalties. */
    Checkpointer ofGrowth(
            DivergenceGuard guard, BooleanSupplier stopRequested, Supplier<GrowingRegularization> growth) {
        return checkpointer(
                guard,
                stopRequested,
                state -> write(state, null, growth.get().save().toState()));
    }

    /** Tells the monitor of every step; comes before the checkpointer among the hooks of a loop. */
    TrainHook steps() {
        return new TrainHook() {
            @Override
            public void afterStep(TrainLoop loop) {
                monitor.unsaved(true);
            }
        };
    }

    private Checkpointer checkpointer(
            DivergenceGuard guard, BooleanSupplier stopRequested, Consumer<TrainState> writer) {
        return new Checkpointer(interval, guard, stopRequested, writer);
    }

    private void write(TrainState state, RunState.Epochs epochs, StateDict growth) {
        StateDict network = state.network();
        spec.plan().addTo(network);
        write(RunState.Loop.of(state), epochs, network, state, growth);
    }

    /** A checkpoint at the start of a phase; {@code network} null: the phase takes it from another file. */
    public void start(NnModule network) {
        if (network == null) {
            TrainState none = new TrainState(null, new StateDict(), new StateDict(), 0, List.of());
            write(null, null, none.network(), none, new StateDict());
        } else {
            write(null, null, spec.state(network), TrainState.start(network), new StateDict());
        }
    }

    /** Writes a checkpoint as a whole; if that fails, the previous one stays. From the first on the run is kept. */
    private void write(
            RunState.Loop loop, RunState.Epochs epochs, StateDict network, TrainState state, StateDict growth) {
        RunState run = new RunState(
                phase,
                seconds(),
                folder.syncMetrics(),
                results,
                loop,
                epochs,
                state.dropout(),
                FileSums.of(folder, phase),
                backend.planChoices());
        run.write(folder, spec, network, state.optimizer(), growth);
        folder.keep();
        monitor.unsaved(false);
    }

    /**
     * The run is finished: what a checkpoint would hold is in its other files. Twice, so that the previous checkpoint is not
     * the large one of a training.
     */
    public void done() {
        enter(Phase.DONE, spec, results);
        start(null);
        start(null);
    }
}
