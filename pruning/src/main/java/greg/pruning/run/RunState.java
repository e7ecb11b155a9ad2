package greg.pruning.run;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import greg.nn.layer.Dropout;
import greg.nn.train.Position;
import greg.nn.train.Score;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.report.Accuracies;
import greg.pruning.report.Json;
import greg.pruning.report.NetworkSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run needs to go on, apart from tensors. It stands as JSON in the metadata of one safetensors file that also has
 * the tensors, so a checkpoint is replaced as a whole or not at all. Floats are kept as doubles, whose text reads back
 * exactly.
 *
 * @param phase where the run is
 * @param seconds time spent in this phase so far
 * @param metricsBytes length of metrics.jsonl; what comes later is of steps that will be taken again
 * @param results what is known already
 * @param loop where training stands, or null before its first step and outside of training
 * @param growth where the growth stands, or null before its first step and outside of it
 * @param dropout where the streams of random numbers in the network stand
 */
public record RunState(
        Phase phase,
        double seconds,
        long metricsBytes,
        Results results,
        Loop loop,
        GrowthState growth,
        List<Stream> dropout) {
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
     * @param optimizerSteps steps that the optimiser has counted
     * @param last the last score on the test images, or null
     * @param best the best one, or null
     * @param bestEpoch its epoch, or -1
     */
    public record Loop(
            long iteration, long records, double[] sums, long optimizerSteps, Score last, Score best, int bestEpoch) {
        public Loop(Position at, long optimizerSteps, Score last, Score best, int bestEpoch) {
            this(at.iteration(), at.records(), doubles(at.sums()), optimizerSteps, last, best, bestEpoch);
        }

        private static double[] doubles(float[] values) {
            double[] wide = new double[values.length];
            for (int i = 0; i < wide.length; i++) wide[i] = values[i];
            return wide;
        }

        public Position position() {
            float[] narrow = new float[sums.length];
            for (int i = 0; i < narrow.length; i++) narrow[i] = (float) sums[i];
            return new Position(iteration, records, narrow);
        }
    }

    /**
     * What {@code prune} has found out so far; null where it has not.
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
        public static final Results NONE = new Results(null, null, null, null, null, Map.of());

        public Results withBase(Score score) {
            return new Results(score, main, oneShot, after, oneShotAfter, seconds);
        }

        public Results withMain(Accuracies found, NetworkSize size) {
            return new Results(base, found, oneShot, size, oneShotAfter, seconds);
        }

        public Results withOneShot(Accuracies found, NetworkSize size) {
            return new Results(base, main, found, after, size, seconds);
        }

        public Results finished(String phase, double time) {
            Map<String, Double> all = new LinkedHashMap<>(seconds);
            all.put(phase, time);
            return new Results(base, main, oneShot, after, oneShotAfter, all);
        }
    }

    /** A layer's stream of random numbers: see {@link Dropout}. */
    public record Stream(String layer, long seed, long step) {
        public static List<Stream> of(NnModule network) {
            List<Stream> all = new ArrayList<>();
            network.visit((path, m) -> {
                if (m instanceof Dropout dropout) all.add(new Stream(path, dropout.seed(), dropout.step()));
            });
            return all;
        }
    }

    /**
     * A checkpoint that was read.
     *
     * @param network with the metadata from which it is built
     * @param arrays of {@link GrowthState}
     */
    public record Saved(RunState state, Checkpoint network, StateDict optimizer, StateDict arrays) {
        /** The network of the checkpoint, dropout included. */
        public NnModule load(NetworkSpec spec, Backend backend) {
            NnModule loaded = spec.load(backend, network);
            loaded.visit((path, m) -> {
                if (!(m instanceof Dropout dropout)) return;
                for (Stream stream : state.dropout()) {
                    if (!stream.layer().equals(path)) continue;
                    dropout.seed(stream.seed());
                    dropout.step(stream.step());
                }
            });
            return loaded;
        }

        /** Where the growth stood, or null before its first step. */
        GrowingRegularization.Saved growth() {
            return state.growth() == null ? null : state.growth().restore(arrays, optimizer);
        }
    }

    /**
     * Replaces the checkpoint of a run.
     *
     * @param network its parameters, buffers and masks, or empty in phases that take the network from another file
     * @param optimizer its state, or empty
     * @param arrays of {@link GrowthState}, or empty
     */
    public void write(RunFolder folder, NetworkSpec spec, StateDict network, StateDict optimizer, StateDict arrays) {
        StateDict all = new StateDict();
        all.putAll(NETWORK, network);
        all.putAll(OPTIMIZER, optimizer);
        all.putAll(GROWTH, arrays);
        Map<String, String> metadata = spec.metadata();
        metadata.put(KEY, Json.line(this));
        Safetensors.write(folder.file(FILE), all, metadata);
    }

    /** The checkpoint in a run folder, or null if the run was ended before its first. */
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
