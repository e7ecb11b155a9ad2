package greg.pruning.surgery;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.pruning.graph.ChannelGraph;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a pruned network keeps: for each layer that lost filters, the indices of the filters that stay, ascending, with
 * respect to the unpruned network. Replaying it on a fresh network gives the same shapes. In a checkpoint's metadata it is
 * {@code plan}; the image that it is traced with is {@code channels} and {@code image_size}.
 */
public final class RemovalPlan implements PruningPlan {
    static final RemovalPlan NONE = new RemovalPlan(Map.of(), null);

    private static final String PLAN = "plan";
    private static final String CHANNELS = "channels";
    private static final String SIZE = "image_size";
    private static final Pattern SIDES = Pattern.compile("(\\d{1,9}) (\\d{1,9})(?:x(\\d{1,9}))?");

    private final Map<String, int[]> kept;
    private final Shape image;

    /**
     * Any plan.
     *
     * @param kept layer to kept filters; layers that keep all of them are left out
     * @param image shape of one image, (1, C, H, W); may be null if nothing is removed
     */
    public RemovalPlan(Map<String, int[]> kept, Shape image) {
        if (!kept.isEmpty() && image == null) {
            throw new IllegalArgumentException(
                    "removal plan: expected the shape of an image, (1, C, H, W), by which the network is traced, got none");
        }
        this.kept = new LinkedHashMap<>();
        kept.forEach((name, indices) -> this.kept.put(name, indices.clone()));
        this.image = image;
    }

    /** The plan of a removal. */
    public static RemovalPlan of(Removal removal) {
        return new RemovalPlan(removal.keptFilters(), removal.graph().image());
    }

    @Override
    public boolean isEmpty() {
        return kept.isEmpty();
    }

    @Override
    public Map<String, int[]> keptFilters() {
        return kept;
    }

    @Override
    public Map<String, Integer> maskedWeights() {
        return Map.of();
    }

    @Override
    public void apply(NnModule network) {
        if (!isEmpty()) apply(ChannelGraph.trace(network, image));
    }

    @Override
    public void apply(ChannelGraph graph) {
        if (!isEmpty()) on(graph).apply();
    }

    /** What this plan removes from the network of {@code graph}, which is not cut yet; errors as in {@link #apply}. */
    public Removal on(ChannelGraph graph) {
        Removal removal = new Removal(graph);
        kept.forEach((name, indices) -> {
            int filters = graph.layer(name).out();
            if (Arrays.stream(indices).anyMatch(k -> k < 0 || k >= filters)) {
                throw new IllegalArgumentException("removal plan: layer " + name + " has " + filters
                        + " filters, the plan keeps " + Arrays.toString(indices) + "; it belongs to another network");
            }
            int[] gone = IntStream.range(0, filters)
                    .filter(i -> Arrays.stream(indices).noneMatch(k -> k == i))
                    .toArray();
            removal.filters(name, gone);
        });
        return removal;
    }

    /** As text: {@code layer1.0.conv1=0,3,4;layer1.1.conv1=...}. */
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
     * @param image as in the constructor
     * @throws IllegalArgumentException if the text is not of that form
     */
    public static RemovalPlan parse(String text, Shape image) {
        Map<String, int[]> kept = new LinkedHashMap<>();
        for (String part : text.isEmpty() ? new String[0] : text.split(";")) {
            int equals = part.indexOf('=');
            try {
                int[] indices = Arrays.stream(part.substring(equals + 1).split(","))
                        .mapToInt(Integer::parseInt)
                        .toArray();
                boolean ascending =
                        IntStream.range(0, indices.length).allMatch(i -> indices[i] > (i == 0 ? -1 : indices[i - 1]));
                if (ascending && kept.put(part.substring(0, equals), indices) == null) continue;
            } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
                // as if the numbers were not ascending
            }
            throw new IllegalArgumentException(
                    "removal plan: cannot read '" + part + "'; expected each layer once, as in layer=0,1,2");
        }
        return new RemovalPlan(kept, image);
    }

    /** {@code channels} 3 and {@code image_size} 32, or 32x48 where width and height differ. */
    @Override
    public void addTo(Map<String, String> metadata) {
        metadata.put(PLAN, toText());
        if (image == null) return;
        int height = image.dim(2);
        int width = image.dim(3);
        metadata.put(CHANNELS, Integer.toString(image.dim(1)));
        metadata.put(SIZE, height == width ? Integer.toString(height) : height + "x" + width);
    }

    /** No tensors belong to it. */
    @Override
    public void addTo(StateDict state) {}

    static RemovalPlan read(Map<String, String> metadata) {
        String text = metadata.getOrDefault(PLAN, "");
        if (text.isEmpty()) return NONE;
        String channels = metadata.get(CHANNELS);
        String size = metadata.get(SIZE);
        Matcher sides = SIDES.matcher(channels + " " + size);
        if (!sides.matches()) {
            throw new IllegalArgumentException("removal plan: expected the image's planes and size in the metadata as "
                    + CHANNELS + " and " + SIZE + ", got " + channels + " and " + size
                    + "; the checkpoint is damaged, use another");
        }
        int height = Integer.parseInt(sides.group(2));
        int width = sides.group(3) == null ? height : Integer.parseInt(sides.group(3));
        return parse(text, Shape.of(1, Integer.parseInt(sides.group(1)), height, width));
    }

    @Override
    public String toString() {
        return "RemovalPlan " + toText();
    }
}
