package greg.pruning.surgery;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.pruning.graph.ChannelGraph;
import java.util.Map;

/**
 * What was pruned of a network: filters that were cut out, or single weights that are held at zero. A checkpoint carries it,
 * as metadata and tensors, so that a fresh network can be given the same structure before the weights are loaded.
 */
public sealed interface PruningPlan permits RemovalPlan, MaskPlan {
    /** Nothing is pruned. */
    static PruningPlan none() {
        return RemovalPlan.NONE;
    }

    /** Whether nothing is pruned. */
    boolean isEmpty();

    /**
     * Prunes a fresh network of the same architecture: cuts filters, or masks weights, which are zero from then on.
     *
     * @throws IllegalArgumentException if the plan belongs to another architecture
     */
    void apply(NnModule network);

    /** As above, for the network of a graph; the graph is no longer valid afterwards if filters were cut. */
    void apply(ChannelGraph graph);

    /** Layer to the filters that stay, ascending; layers that keep all of them are left out. */
    Map<String, int[]> keptFilters();

    /** Full parameter name to the number of weights that are held at zero; parameters without any are left out. */
    Map<String, Integer> maskedWeights();

    /** Adds its part to the metadata of a checkpoint. */
    void addTo(Map<String, String> metadata);

    /** Adds its part to the tensors of a checkpoint, which already has the parameters. */
    void addTo(StateDict state);

    /**
     * Reads what {@code addTo} has written; no plan at all is an empty one.
     *
     * @param state the checkpoint's tensors
     * @param metadata the checkpoint's metadata
     * @throws IllegalArgumentException if it is damaged
     */
    static PruningPlan read(StateDict state, Map<String, String> metadata) {
        MaskPlan masks = MaskPlan.read(state);
        RemovalPlan removal = RemovalPlan.read(metadata);
        if (masks.isEmpty()) return removal;
        if (removal.isEmpty()) return masks;
        throw new IllegalArgumentException(
                "pruning plan: expected filters that were removed or weights that are masked,"
                        + " got both; the checkpoint is damaged, use another");
    }

    /** The tensors of a checkpoint that belong to the network itself: {@code state} without those that a plan added. */
    static StateDict weights(StateDict state) {
        StateDict plain = new StateDict();
        for (String name : state.names()) {
            if (name.startsWith(MaskPlan.PREFIX)) continue;
            StateDict.Entry entry = state.get(name);
            plain.put(name, entry.shape(), entry.values());
        }
        return plain;
    }
}
