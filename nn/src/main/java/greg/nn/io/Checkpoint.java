package greg.nn.io;

import greg.nn.StateDict;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a checkpoint file holds.
 *
 * @param file where it came from
 * @param state its tensors, in the file's order
 * @param metadata further strings, e.g. {@code arch}; empty for files of other programs
 */
public record Checkpoint(Path file, StateDict state, Map<String, String> metadata) {
    /** Copies the metadata. */
    public Checkpoint {
        metadata = Map.copyOf(metadata);
    }
}
