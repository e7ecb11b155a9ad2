package greg.pruning.surgery;

import greg.nn.NnModule;
import greg.pruning.graph.ChannelGraph;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a pruned network keeps: for each layer that lost filters, the indices of the filters that stay, ascending, with
 * respect to the unpruned network. Saved with a checkpoint; replaying it on a fresh network gives the same shapes.
 */
public final class RemovalPlan {
    private final Map<String, int[]> kept;

    /** Layer name to kept filters; layers that keep all are left out. */
    public RemovalPlan(Map<String, int[]> kept) {
        this.kept = new LinkedHashMap<>();
        kept.forEach((name, indices) -> this.kept.put(name, indices.clone()));
    }

    /** Nothing is removed. */
    public static RemovalPlan none() {
        return new RemovalPlan(Map.of());
    }

    /** Kept filters by layer. */
    public Map<String, int[]> kept() {
        return kept;
    }

    /** Whether nothing is removed. */
    public boolean isEmpty() {
        return kept.isEmpty();
    }

    /**
     * Cuts a fresh network of the same architecture to these shapes.
     *
     * @param image (1, C, H, W), what the network takes
     * @throws IllegalArgumentException if a layer or filter does not exist: the plan belongs to another architecture
     */
    public void apply(NnModule network, Shape image) {
        on(ChannelGraph.trace(network, image)).apply();
    }

    /** What this plan removes from the network of {@code graph}, which is not cut yet; errors as in {@link #apply}. */
    public Removal on(ChannelGraph graph) {
        Removal removal = new Removal(graph);
        kept.forEach((name, indices) -> {
            int filters = graph.layer(name).out();
            int[] gone = IntStream.range(0, filters)
                    .filter(i -> Arrays.stream(indices).noneMatch(k -> k == i))
                    .toArray();
            removal.filters(name, gone);
        });
        return removal;
    }

    /** As text: {@code layer1.0.conv1=0,3,4;layer1.1.conv1=...}, for the metadata of a checkpoint. */
    public String toText() {
        return kept.entrySet().stream()
                .map(e -> e.getKey() + "="
                        + Arrays.stream(e.getValue())
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(",")))
                .collect(Collectors.joining(";"));
    }

    /**
     * Reads {@link #toText()}.
     *
     * @throws IllegalArgumentException if the text is not of that form
     */
    public static RemovalPlan parse(String text) {
        Map<String, int[]> kept = new LinkedHashMap<>();
        for (String part : text.isEmpty() ? new String[0] : text.split(";")) {
            int equals = part.indexOf('=');
            try {
                int[] indices = Arrays.stream(part.substring(equals + 1).split(","))
                        .mapToInt(Integer::parseInt)
                        .toArray();
                kept.put(part.substring(0, equals), indices);
            } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
                throw new IllegalArgumentException("removal plan: cannot read '" + part + "'; expected layer=0,1,2");
            }
        }
        return new RemovalPlan(kept);
    }

    @Override
    public String toString() {
        return "RemovalPlan " + toText();
    }
}
