package greg.pruning.run;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.optim.Optimizer;
import greg.pruning.growth.GrowingRegularization;
import java.util.List;

/** Writes a run's checkpoints: when one is due, and what of the run surrounds a phase's own state. */
public final class Saver {
    /** Writing may take a twentieth of the time, whatever the interval. */
    private static final double MOST_SHARE = 1.0 / 20;

    private final RunFolder folder;
    private final double interval;
    private RunState.Saved from;
    private Phase phase = Phase.TRAIN;
    private NetworkSpec spec;
    private RunState.Results results = RunState.Results.NONE;
    private double secondsBefore;
    private long phaseStart = System.nanoTime();
    private long lastEnd = phaseStart;
    private double lastCost;

    /**
     * For a run in {@code folder}.
     *
     * @param interval seconds between two checkpoints; 0: after every step
     * @param from the checkpoint to go on from, or null
     */
    public Saver(RunFolder folder, double interval, RunState.Saved from) {
        this.folder = folder;
        this.interval = interval;
        this.from = from;
    }

    /** Whether the run that goes on had come further than {@code which} when it was ended. */
    public boolean past(Phase which) {
        return from != null && from.state().phase().compareTo(which) > 0;
    }

    /** The checkpoint to go on from if it is of this phase, else null. */
    public RunState.Saved from(Phase which) {
        return from != null && from.state().phase() == which ? from : null;
    }

    /** How to build the network of this phase. */
    public NetworkSpec spec() {
        return spec;
    }

    /** The checkpoint to go on from if it is of the phase that was entered, else null. */
    public RunState.Saved current() {
        return from(phase);
    }

    /** What the ended run had found out. */
    public RunState.Results results() {
        return from == null ? RunState.Results.NONE : from.state().results();
    }

    /** A phase begins or goes on; the checkpoints to come are of it. */
    public void enter(Phase entered, NetworkSpec network, RunState.Results known) {
        boolean resumed = from(entered) != null;
        phase = entered;
        spec = network;
        results = known;
        secondsBefore = resumed ? from.state().seconds() : 0;
        phaseStart = System.nanoTime();
    }

    /** Wall time of this phase, that of ended runs included. */
    public double seconds() {
        return secondsBefore + (System.nanoTime() - phaseStart) * 1e-9;
    }

    /** Whether it is time for another checkpoint. */
    public boolean due() {
        double since = (System.nanoTime() - lastEnd) * 1e-9;
        return interval == 0 || since >= Math.max(interval, lastCost / MOST_SHARE);
    }

    /** A checkpoint of a network in training, between two steps. */
    public void save(RunState.Loop loop, NnModule network, Optimizer optimizer) {
        save(loop, null, network, optimizer.save(), new StateDict());
    }

    /** A checkpoint of a network with growing penalties, between two steps. */
    public void save(GrowingRegularization.Saved growth, NnModule network) {
        save(null, GrowthState.of(growth), network, growth.optimizer(), GrowthState.tensors(growth));
    }

    /** A checkpoint at the start of a phase; {@code network} null: the phase takes it from another file. */
    public void save(NnModule network) {
        save(null, null, network, new StateDict(), new StateDict());
    }

    /** Writes a checkpoint: all of it, or the one before stays. */
    private void save(RunState.Loop loop, GrowthState growth, NnModule network, StateDict optimizer, StateDict arrays) {
        long start = System.nanoTime();
        List<RunState.Stream> dropout = network == null ? List.of() : RunState.Stream.of(network);
        new RunState(phase, seconds(), folder.syncMetrics(), results, loop, growth, dropout)
                .write(folder, spec, network == null ? new StateDict() : spec.state(network), optimizer, arrays);
        lastEnd = System.nanoTime();
        lastCost = (lastEnd - start) * 1e-9;
    }

    /** The run is over: what a checkpoint would hold is in its other files. */
    public void done() {
        enter(Phase.DONE, spec, results);
        save(null);
    }

    /** What to throw after Ctrl-C, when the checkpoint is written. */
    public InterruptedRunException interrupted(String where) {
        return new InterruptedRunException(where, folder.path());
    }
}
