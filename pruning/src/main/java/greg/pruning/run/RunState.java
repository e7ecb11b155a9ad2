package greg.pruning.run;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import greg.nn.train.Position;
import greg.nn.train.Score;
import greg.nn.train.TrainState;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.report.Accuracies;
import greg.pruning.report.Json;
import greg.pruning.report.NetworkSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run needs to be resumed, apart from tensors. It is stored as JSON in the metadata of the safetensors file that
 * holds the tensors, so a checkpoint is replaced as a whole or not at all. Floats are kept as doubles, whose text reads
 * back exactly.
 *
 * @param phase where the run is
 * @param seconds time spent in this phase so far
 * @param metricsBytes length of metrics.jsonl; later records belong to steps that will be repeated
 * @param results of the phases so far
 * @param loop position of the training loop, or null before its first step and outside of training
 * @param epochs scores at the ends of epochs, or null where none are measured
 * @param dropout positions of the random number streams in the network
 */
public record RunState(
        Phase phase,
        double seconds,
        long metricsBytes,
        Results results,
        Loop loop,
        Epochs epochs,
        List<TrainState.Stream> dropout) {
    /** The file, in a run folder. */
    public static final String FILE = "checkpoint/state.safetensors";

    private static final String KEY = "state";
    private static final String NETWORK = "network.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String GROWTH = "growth.";

    /**
     * A training loop between two steps.
     *
     * @param sums as in {@link Position}
     * @param optimizerSteps steps that the optimizer has taken
     */
    public record Loop(long iteration, long records, double[] sums, long optimizerSteps) {
        static Loop of(TrainState state) {
            Position at = state.position();
            double[] wide = new double[at.sums().length];
            for (int i = 0; i < wide.length; i++) wide[i] = at.sums()[i];
            return new Loop(at.iteration(), at.records(), wide, state.optimizerSteps());
        }

        Position position() {
            float[] narrow = new float[sums.length];
            for (int i = 0; i < narrow.length; i++) narrow[i] = (float) sums[i];
            return new Position(iteration, records, narrow);
        }
    }

    /**
     * Scores on the test images at the ends of epochs.
     *
     * @param last the last one, or null
     * @param best the best one, or null
     * @param bestEpoch its epoch, or -1
     */
    public record Epochs(Score last, Score best, int bestEpoch) {
        /** None measured yet. */
        public static final Epochs NONE = new Epochs(null, null, -1);
    }

    /**
     * Results of {@code prune} so far; null where there is none yet.
     *
     * @param base the unpruned network
     * @param main the method of the run
     * @param oneShot L1 in one shot
     * @param after size of what is left
     * @param oneShotAfter size of what L1 in one shot leaves
     * @param seconds by finished phase
     */
    public record Results(
            Score base,
            Accuracies main,
            Accuracies oneShot,
            NetworkSize after,
            NetworkSize oneShotAfter,
            Map<String, Double> seconds) {
        /** Nothing is known yet. */
        public static final Results NONE = new Results(null, null, null, null, null, Map.of());

        Results withBase(Score score) {
            return new Results(score, main, oneShot, after, oneShotAfter, seconds);
        }

        Results withMain(Accuracies found, NetworkSize size) {
            return new Results(base, found, oneShot, size, oneShotAfter, seconds);
        }

        Results withOneShot(Accuracies found, NetworkSize size) {
            return new Results(base, main, found, after, size, seconds);
        }

        Results finished(String phase, double time) {
            Map<String, Double> all = new LinkedHashMap<>(seconds);
            all.put(phase, time);
            return new Results(base, main, oneShot, after, oneShotAfter, all);
        }
    }

    /**
     * A checkpoint that was read.
     *
     * @param network with the metadata from which it is built
     * @param optimizer its state
     * @param growth {@link GrowthSchedule.Saved} as tensors; empty outside of a growth
     */
    public record Saved(RunState state, Checkpoint network, StateDict optimizer, StateDict growth) {
        /** The network of the checkpoint, dropout included. */
        public NnModule load(NetworkSpec spec, Backend backend) {
            NnModule loaded = spec.load(backend, network);
            training().restoreDropout(loaded);
            return loaded;
        }

        /** State of the training loop; its start if it had not begun. */
        TrainState training() {
            Loop loop = state.loop();
            return new TrainState(
                    loop == null ? Position.START : loop.position(),
                    network.state(),
                    optimizer,
                    loop == null ? 0 : loop.optimizerSteps(),
                    state.dropout());
        }

        /** State of the growth, or null before its first step. */
        GrowthSchedule.Saved schedule() {
            return growth.names().isEmpty() ? null : GrowthSchedule.Saved.of(growth);
        }
    }

    /**
     * Replaces the checkpoint of a run.
     *
     * @param network its parameters, buffers and masks, or empty in phases that take the network from another file
     * @param optimizer its state, or empty
     * @param growth the growth as tensors, or empty
     */
    void write(RunFolder folder, NetworkSpec spec, StateDict network, StateDict optimizer, StateDict growth) {
        StateDict all = new StateDict();
        all.putAll(NETWORK, network);
        all.putAll(OPTIMIZER, optimizer);
        all.putAll(GROWTH, growth);
        Map<String, String> metadata = spec.metadata();
        metadata.put(KEY, Json.line(this));
        Safetensors.write(folder.file(FILE), all, metadata);
    }

    /** The checkpoint in a run folder, or null if the run ended before its first. */
    public static Saved read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) return null;
        Checkpoint read = Safetensors.read(file);
        Map<String, String> metadata = new HashMap<>(read.metadata());
        String text = metadata.remove(KEY);
        if (text == null) throw new RunException(file + ": expected a checkpoint of a run, it has no '" + KEY + "'");
        return new Saved(
                Json.parse(text, RunState.class, file),
                new Checkpoint(file, read.state().under(NETWORK), metadata),
                read.state().under(OPTIMIZER),
                read.state().under(GROWTH));
    }
}
