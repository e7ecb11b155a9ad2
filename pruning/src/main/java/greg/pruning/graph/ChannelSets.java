package greg.pruning.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Convolutions that lose the same channels: with filter groups those whose outputs meet, in an addition or a product, with
 * channel groups those that read the same channels. They are pruned as one, by the sum of their scores, with one ratio.
 * Depthwise convolutions and linear layers follow the channels but do not count for the choice.
 *
 * <p>By default channels that an addition ties together are left whole, as in the paper; {@code coupled} prunes them
 * too, so that the width between blocks shrinks and last convolutions of blocks and projection shortcuts lose filters.
 */
public final class ChannelSets {
    private static final int NAMES_IN_MESSAGE = 3;

    private final ChannelGraph graph;
    private final Granularity granularity;
    private final boolean coupled;
    private final Map<String, Coupling> couplings = new HashMap<>(); // by full name of the weight, like the maps below
    private final Map<String, String> whole = new HashMap<>();
    private final Map<String, Set<Integer>> units = new HashMap<>();
    private final List<List<Layer>> shared = new ArrayList<>();

    private ChannelSets(ChannelGraph graph, Granularity granularity, boolean coupled) {
        this.graph = graph;
        this.granularity = granularity;
        this.coupled = coupled;
    }

    /**
     * The sets of a network.
     *
     * @param coupled whether sets that are tied by an addition may be pruned
     */
    public static ChannelSets of(ChannelGraph graph, Granularity granularity, boolean coupled) {
        ChannelSets sets = new ChannelSets(graph, granularity, coupled);
        if (!granularity.structured()) return sets;
        Map<Integer, List<Layer>> holders = new HashMap<>();
        for (Layer layer : graph.layers()) {
            if (layer.linear()) continue;
            if (layer.depthwise()) {
                sets.whole.put(layer.parameter(), "it is depthwise: its channels are those of the layer before it");
                continue;
            }
            Set<Integer> layerUnits = sets.units(granularity.channels(layer));
            sets.units.put(layer.parameter(), layerUnits);
            for (int unit : layerUnits)
                holders.computeIfAbsent(unit, u -> new ArrayList<>()).add(layer);
        }
        Set<String> done = new HashSet<>();
        for (Layer layer : graph.layers()) {
            if (!sets.units.containsKey(layer.parameter()) || done.contains(layer.parameter())) continue;
            Set<String> set = sets.connected(layer, holders);
            done.addAll(set);
            sets.add(graph.layers().stream()
                    .filter(member -> set.contains(member.parameter()))
                    .toList());
        }
        return sets;
    }

    /** The layer and all that share channels with it, with one of those, and so on. */
    private Set<String> connected(Layer start, Map<Integer, List<Layer>> holders) {
        Set<String> reached = new HashSet<>(Set.of(start.parameter()));
        Deque<Layer> open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            for (int unit : units.get(open.pop().parameter())) {
                for (Layer other : holders.get(unit)) if (reached.add(other.parameter())) open.push(other);
            }
        }
        return reached;
    }

    private Set<Integer> units(int... atoms) {
        Set<Integer> result = new LinkedHashSet<>();
        for (int atom : atoms) result.add(graph.unit(atom));
        return result;
    }

    private void add(List<Layer> set) {
        Layer first = set.get(0);
        Map<Integer, Integer> numbers = new LinkedHashMap<>();
        for (int unit : units.get(first.parameter())) numbers.put(unit, numbers.size());
        boolean overlaps =
                set.stream().anyMatch(layer -> !units.get(layer.parameter()).equals(numbers.keySet()));
        for (Layer layer : set) {
            String reason = reason(layer, overlaps ? set : List.of());
            if (reason != null) whole.put(layer.parameter(), reason);
        }
        if (overlaps) return;
        if (set.size() > 1) shared.add(set);
        int[][] keepOne = keepOne(numbers);
        boolean single = set.size() == 1 && numbers.size() == granularity.channels(first).length;
        for (Layer layer : set) {
            int[] layerUnits = Arrays.stream(granularity.channels(layer))
                    .map(atom -> numbers.get(graph.unit(atom)))
                    .toArray();
            couplings.put(layer.parameter(), new Coupling(first.name(), single ? null : layerUnits, keepOne));
        }
    }

    /** Why a layer stays whole, or null. */
    private String reason(Layer layer, List<Layer> overlapping) {
        int[] atoms = granularity.channels(layer);
        String channels = granularity.channels();
        if (graph.carriesImage(atoms)) return "its " + channels + " carry the image's planes";
        if (graph.carriesOutput(atoms)) return "its " + channels + " carry the network's outputs";
        if (!overlapping.isEmpty()) {
            List<String> others = overlapping.stream()
                    .filter(other -> other != layer)
                    .map(Layer::name)
                    .toList();
            int rest = others.size() - NAMES_IN_MESSAGE;
            String named = rest <= 0
                    ? String.join(", ", others)
                    : String.join(", ", others.subList(0, NAMES_IN_MESSAGE)) + " and " + rest + " more";
            return "its " + channels + " overlap with those of " + named + " without being the same";
        }
        if (coupled || !graph.tied(atoms)) return null;
        String addition = graph.addition(layer, granularity == Granularity.FILTER, atoms);
        return "its " + channels + " are tied by the addition behind " + addition;
    }

    /** Units of which one must stay, or a layer would lose all its filters: those that several layers produce together. */
    private int[][] keepOne(Map<Integer, Integer> numbers) {
        Set<Set<Integer>> made = new LinkedHashSet<>();
        for (Layer layer : graph.layers()) {
            Set<Integer> layerUnits = new TreeSet<>();
            for (int atom : layer.rows()) {
                Integer number = numbers.get(graph.unit(atom));
                if (number != null) layerUnits.add(number);
            }
            if (!layerUnits.isEmpty() && layerUnits.size() < numbers.size()) made.add(layerUnits);
        }
        return made.stream()
                .map(layerUnits ->
                        layerUnits.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }

    /** The graph's layers, in the order of their numbers. */
    public List<Layer> layers() {
        return graph.layers();
    }

    /** Which groups of a layer are removed together. */
    public Coupling coupling(Layer layer) {
        return couplings.getOrDefault(layer.parameter(), Coupling.none(layer.name()));
    }

    /** What is pruned. */
    public Granularity granularity() {
        return granularity;
    }

    /** Why nothing of the layer can be removed, whatever its ratio, e.g. "its filters ..."; null if something can. */
    public String whyWhole(Layer layer) {
        return whole.get(layer.parameter());
    }

    /** Whether nothing of the layer can be removed, whatever its ratio. */
    public boolean keepsWhole(Layer layer) {
        return whole.containsKey(layer.parameter());
    }

    /** The sets with more than one layer. */
    public List<List<Layer>> shared() {
        return shared;
    }

    /**
     * The stage whose ratio applies to the layer's groups: its own; but input channels that are all produced in one other
     * stage, and are not tied, belong to that one, because that is where filters are removed.
     */
    public int stage(Layer layer) {
        if (granularity != Granularity.CHANNEL || graph.tied(layer.columns())) return layer.stage();
        Set<Integer> read = units(layer.columns());
        int[] stages = graph.layers().stream()
                .filter(maker -> IntStream.of(maker.rows()).anyMatch(atom -> read.contains(graph.unit(atom))))
                .mapToInt(Layer::stage)
                .distinct()
                .toArray();
        return stages.length == 1 ? stages[0] : layer.stage();
    }
}
