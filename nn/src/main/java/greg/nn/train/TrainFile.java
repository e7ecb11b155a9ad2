package greg.nn.train;

import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.CheckpointException;
import greg.nn.io.Safetensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link TrainState} in a file (safetensors), replaced as a whole or not at all.
 *
 * @param state the training between two steps
 * @param extra tensors of hooks, e.g. of a growing penalty; may be empty
 * @param notes further strings, e.g. the settings that the training had
 */
public record TrainFile(TrainState state, StateDict extra, Map<String, String> notes) {
    private static final String NETWORK = "network.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String EXTRA = "extra.";
    private static final String POSITION = "train.position";
    private static final String SUMS = "train.sums";
    private static final String UPDATES = "train.updates";
    private static final String DROPOUT = "train.dropout";

    /** Writes everything; the old file stays until the new one is complete. */
    public void write(Path file) {
        StateDict all = new StateDict();
        all.putAll(NETWORK, state.network());
        all.putAll(OPTIMIZER, state.optimizer());
        all.putAll(EXTRA, extra);
        Position at = state.position();
        Map<String, String> metadata = new HashMap<>(notes);
        metadata.put(POSITION, at.iteration() + " " + at.records());
        List<String> sums = new ArrayList<>();
        for (float sum : at.sums()) sums.add(Float.toHexString(sum)); // exact
        metadata.put(SUMS, String.join(" ", sums));
        metadata.put(UPDATES, Long.toString(state.optimizerSteps()));
        List<String> streams = new ArrayList<>();
        for (TrainState.Stream s : state.dropout()) streams.add(s.seed() + " " + s.step() + " " + s.layer());
        metadata.put(DROPOUT, String.join("\n", streams));
        Safetensors.write(file, all, metadata);
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @throws CheckpointException if it is another kind of file
     */
    public static TrainFile read(Path file) {
        Checkpoint checkpoint = Safetensors.read(file);
        Map<String, String> notes = new HashMap<>(checkpoint.metadata());
        try {
            String[] position = notes.remove(POSITION).split(" ");
            String[] texts = notes.remove(SUMS).split(" ");
            float[] sums = new float[texts.length];
            for (int i = 0; i < sums.length; i++) sums[i] = Float.parseFloat(texts[i]);
            long updates = Long.parseLong(notes.remove(UPDATES));
            List<TrainState.Stream> streams = new ArrayList<>();
            for (String line : notes.remove(DROPOUT).split("\n")) {
                if (line.isEmpty()) continue;
                String[] parts = line.split(" ", 3);
                streams.add(new TrainState.Stream(parts[2], Long.parseLong(parts[0]), Long.parseLong(parts[1])));
            }
            StateDict tensors = checkpoint.state();
            TrainState state = new TrainState(
                    new Position(Long.parseLong(position[0]), Long.parseLong(position[1]), sums),
                    tensors.under(NETWORK),
                    tensors.under(OPTIMIZER),
                    updates,
                    streams);
            return new TrainFile(state, tensors.under(EXTRA), notes);
        } catch (NullPointerException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new CheckpointException(
                    "read " + file + ": expected a checkpoint of a training, this is another file", e);
        }
    }
}
