package greg.pruning;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.CheckpointException;
import greg.nn.io.Safetensors;
import greg.pruning.surgery.PruningPlan;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A pruned network in a file (safetensors): its weights, and the plan by which a fresh network of the same class is pruned
 * the same way before the weights are loaded.
 */
public final class Pruned {
    private static final String FORMAT = "format";
    private static final String OURS = "greg";

    private Pruned() {}

    /**
     * Writes a network with its plan; an existing file stays until the new one is complete.
     *
     * @param network pruned once, from the form in which its constructor makes it
     * @param plan what {@link Pruner#run} returned
     */
    public static void save(Path file, NnModule network, PruningPlan plan) {
        StateDict state = StateDict.of(network);
        plan.addTo(state);
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT, OURS);
        plan.addTo(metadata);
        Safetensors.write(file, state, metadata);
    }

    /**
     * Reads a network that {@link #save} wrote, in training mode like every fresh network.
     *
     * @param fresh makes an unpruned network of the same class on a backend, e.g. {@code MyNet::new}; its weights do not
     *     matter
     * @throws CheckpointException if the file cannot be read or is damaged
     * @throws IllegalArgumentException if the weights are of another network, or {@linkplain StateDict#unusable unusable}
     */
    public static <M extends NnModule> M load(Path file, Backend backend, Function<Backend, M> fresh) {
        Checkpoint checkpoint = Safetensors.read(file);
        PruningPlan plan;
        try {
            plan = PruningPlan.read(checkpoint.state(), checkpoint.metadata());
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + ": " + e.getMessage(), e);
        }
        M network = fresh.apply(backend);
        try {
            plan.apply(network);
            PruningPlan.weights(checkpoint.state()).loadInto(network);
            return network;
        } catch (IllegalArgumentException e) {
            network.close();
            throw new IllegalArgumentException(
                    file + " does not fit " + network.getClass().getSimpleName() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }
}
