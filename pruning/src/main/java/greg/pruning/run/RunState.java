package greg.pruning.run;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.CheckpointException;
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
import java.util.Objects;

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
 * @param files by which the run's other files are known again; null in checkpoints of versions before 0.2
 * @param plans which kernels the backend has chosen by measuring; null in checkpoints of versions before 0.2
 */
public record RunState(
        Phase phase,
        double seconds,
        long metricsBytes,
        Results results,
        Loop loop,
        Epochs epochs,
        List<TrainState.Stream> dropout,
        FileSums files,
        List<String> plans) {
    /** The file, in a run folder. */
    public static final String FILE = "checkpoint/state.safetensors";

    /** How the names of both checkpoints begin. */
    static final String STATES = "checkpoint/state.";

    /** The checkpoint before it. */
    public static final String PREVIOUS = "checkpoint/state.previous.safetensors";

    private static final String KEY = "state";
    private static final String NETWORK = "network.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String GROWTH = "growth.";

    /** Refuses what no run can have written. */
    public RunState {
        require(phase != null && results != null && dropout != null, "phase, results and dropout");
        require(dropout.stream().allMatch(Objects::nonNull), "streams of dropout");
        require(seconds >= 0 && seconds < Double.POSITIVE_INFINITY, "seconds of at least 0");
        require(metricsBytes >= 0, "a length of metrics.jsonl of at least 0");
        boolean pruning = phase.compareTo(Phase.TRAIN) > 0 && phase != Phase.DONE;
        require(!pruning || results.base() != null, "the base network's score in phase " + phase);
        boolean removed = pruning && phase != Phase.GROW;
        require(!removed || results.main() != null && results.after() != null, "accuracies and size in phase " + phase);
        require(phase != Phase.COMPARE || results.oneShot() != null, "the accuracies of one-shot L1 in phase " + phase);
        boolean matches = phase == Phase.MATCH || phase == Phase.MATCH_FINETUNE;
        require(!matches || results.matched() != null, "the accuracies of matched L1 in phase " + phase);
    }

    private static void require(boolean holds, String what) {
        if (!holds) throw new IllegalArgumentException("state of a run: expected " + what);
    }

    /** Whether the rest of the run reads the base network from its file. */
    boolean needsBase() {
        return results.base() != null;
    }

    /** Whether it reads the pruned and finetuned network from its file. */
    boolean needsPruned() {
        return results.main() != null && phase.compareTo(Phase.FINETUNE) > 0;
    }

    /** RunException if a file in the run's folder is not as it was at this checkpoint. */
    void verify(Path folder) {
        if (files != null) files.verify(folder, metricsBytes);
    }

    /**
     * A training loop between two steps.
     *
     * @param sums as in {@link Position}
     * @param optimizerSteps steps that the optimizer has taken
     */
    public record Loop(long iteration, long records, double[] sums, long optimizerSteps) {
        /** Refuses what no training can have reached. */
        public Loop {
            require(sums != null && optimizerSteps >= 0, "sums and the number of optimizer steps");
            position(iteration, records, sums);
        }

        static Loop of(TrainState state) {
            Position at = state.position();
            double[] wide = new double[at.sums().length];
            for (int i = 0; i < wide.length; i++) wide[i] = at.sums()[i];
            return new Loop(at.iteration(), at.records(), wide, state.optimizerSteps());
        }

        Position position() {
            return position(iteration, records, sums);
        }

        private static Position position(long iteration, long records, double[] sums) {
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
        /** Refuses a best epoch without a score, and the reverse. */
        public Epochs {
            require(bestEpoch >= -1 && (best == null) == (bestEpoch == -1), "the best epoch with its score");
        }

        /** None measured yet. */
        public static final Epochs NONE = new Epochs(null, null, -1);
    }

    /**
     * Results of {@code prune} so far; null where there is none yet.
     *
     * @param base the unpruned network
     * @param main the method of the run
     * @param oneShot L1 in one shot
     * @param matched the same with the steps of growing; what it leaves has the size of what L1 leaves
     * @param after size of what is left
     * @param oneShotAfter size of what L1 in one shot leaves
     * @param seconds by finished phase
     */
    public record Results(
            Score base,
            Accuracies main,
            Accuracies oneShot,
            Accuracies matched,
            NetworkSize after,
            NetworkSize oneShotAfter,
            Map<String, Double> seconds) {
        /** Refuses sizes without accuracies, and times that are none. */
        public Results {
            require((oneShot == null) == (oneShotAfter == null), "accuracies and size of one-shot L1 together");
            require(
                    seconds != null && seconds.values().stream().allMatch(s -> s != null && Double.isFinite(s)),
                    "seconds of each phase");
        }

        /** Nothing is known yet. */
        public static final Results NONE = new Results(null, null, null, null, null, null, Map.of());

        Results withBase(Score score) {
            return new Results(score, main, oneShot, matched, after, oneShotAfter, seconds);
        }

        Results withMain(Accuracies found, NetworkSize size) {
            return new Results(base, found, oneShot, matched, size, oneShotAfter, seconds);
        }

        Results withOneShot(Accuracies found, NetworkSize size) {
            return new Results(base, main, found, matched, after, size, seconds);
        }

        Results withMatched(Accuracies found) {
            return new Results(base, main, oneShot, found, after, oneShotAfter, seconds);
        }

        Results finished(String phase, double time) {
            Map<String, Double> all = new LinkedHashMap<>(seconds);
            all.put(phase, time);
            return new Results(base, main, oneShot, matched, after, oneShotAfter, all);
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
     * Replaces the checkpoint of a run, which becomes the previous one.
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
        Safetensors.write(folder.file(FILE), folder.file(PREVIOUS), all, metadata);
    }

    /**
     * The phase of the run in a folder, from its latest checkpoint without the tensors; null before the first.
     *
     * @throws CheckpointException as {@link #read}, and so are the others
     */
    public static Phase phase(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) return null;
        String text = Safetensors.metadata(file).get(KEY);
        if (text == null) throw new RunException(file + ": expected a checkpoint of a run, it has no '" + KEY + "'");
        return Json.parse(text, RunState.class, file).phase();
    }

    /** Reads a checkpoint; CheckpointException, BadJsonException or RunException if it is none, or damaged. */
    public static Saved read(Path file) {
        Checkpoint read = Safetensors.read(file);
        Map<String, String> metadata = new HashMap<>(read.metadata());
        String text = metadata.remove(KEY);
        if (text == null) throw new RunException(file + ": expected a checkpoint of a run, it has no '" + KEY + "'");
        Saved saved = new Saved(
                Json.parse(text, RunState.class, file),
                new Checkpoint(file, read.state().under(NETWORK), metadata),
                read.state().under(OPTIMIZER),
                read.state().under(GROWTH));
        try {
            saved.schedule();
        } catch (IllegalArgumentException e) {
            throw new RunException(file + ": " + e.getMessage(), e);
        }
        return saved;
    }
}
