package greg.pruning.graph;

import greg.pruning.select.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Convolutions that lose the same channels: with filter groups those whose outputs meet in an addition, with channel
 * groups those that read the same channels. They are pruned as one, by the sum of their scores, with one ratio. Depthwise
 * convolutions and linear layers follow the channels but have no say.
 *
 * <p>By default sets that are tied by a residual add are left whole, as in the paper; {@code coupled} prunes
 * them too, so that the width between blocks shrinks and stems, last convolutions of blocks and projection shortcuts
 * lose filters.
 */
public final class ChannelSets {
    private final Granularity wg;
    private final boolean coupled;
    private final Map<String, Coupling> couplings = new HashMap<>();
    private final Map<String, List<String>> members = new LinkedHashMap<>();
    /** Layers whose channels can go, those tied by additions included. */
    private final Set<String> removable = new HashSet<>();
    /** Layers that share some of their channels with others, but not all. */
    private final Set<String> overlapping = new HashSet<>();

    private ChannelSets(Granularity wg, boolean coupled) {
        this.wg = wg;
        this.coupled = coupled;
    }

    /**
     * The sets of a network.
     *
     * @param coupled whether sets that are tied by a residual add may be pruned
     */
    public static ChannelSets of(ChannelGraph graph, Granularity wg, boolean coupled) {
        ChannelSets sets = new ChannelSets(wg, coupled);
        if (!wg.structured()) return sets;
        List<GraphLayer> layers = graph.layers().stream()
                .filter(l -> !l.linear() && !l.depthwise())
                .toList();
        Map<Integer, List<GraphLayer>> byUnit = new HashMap<>();
        for (GraphLayer layer : layers) {
            for (int atom : sets.atoms(layer)) {
                List<GraphLayer> holders = byUnit.computeIfAbsent(graph.unit(atom), unit -> new ArrayList<>());
                if (!holders.contains(layer)) holders.add(layer);
            }
        }
        Set<GraphLayer> done = new LinkedHashSet<>();
        for (GraphLayer layer : layers) {
            if (done.contains(layer)) continue;
            Set<GraphLayer> set = new LinkedHashSet<>();
            sets.grow(graph, layer, byUnit, set);
            done.addAll(set);
            sets.add(graph, layers.stream().filter(set::contains).toList());
        }
        return sets;
    }

    private int[] atoms(GraphLayer layer) {
        return wg == Granularity.CHANNEL ? layer.columns() : layer.rows();
    }

    private void grow(
            ChannelGraph graph, GraphLayer layer, Map<Integer, List<GraphLayer>> byUnit, Set<GraphLayer> set) {
        if (!set.add(layer)) return;
        for (int atom : atoms(layer)) {
            for (GraphLayer other : byUnit.get(graph.unit(atom))) grow(graph, other, byUnit, set);
        }
    }

    private void add(ChannelGraph graph, List<GraphLayer> set) {
        GraphLayer first = set.get(0);
        Map<Integer, Integer> numbers = new LinkedHashMap<>();
        for (int atom : atoms(first)) numbers.putIfAbsent(graph.unit(atom), numbers.size());
        List<String> names = set.stream().map(GraphLayer::name).toList();
        for (GraphLayer layer : set) {
            Set<Integer> own = new HashSet<>();
            for (int atom : atoms(layer)) own.add(graph.unit(atom));
            if (!own.equals(numbers.keySet())) {
                overlapping.addAll(names);
                return;
            }
        }
        members.put(first.name(), names);
        if (!graph.fixed(atoms(first))) removable.addAll(names);
        if (set.size() == 1 && numbers.size() == atoms(first).length) return; // every group on its own
        for (GraphLayer layer : set) {
            int[] units = Arrays.stream(atoms(layer))
                    .map(atom -> numbers.get(graph.unit(atom)))
                    .toArray();
            couplings.put(layer.name(), new Coupling(first.name(), units));
        }
    }

    /** How the groups of a layer go together. */
    public Coupling coupling(String layer) {
        return couplings.getOrDefault(layer, Coupling.none(layer));
    }

    /** What is pruned. */
    public Granularity wg() {
        return wg;
    }

    /** Whether nothing of the layer can go, whatever ratio it was given. */
    public boolean keepsWhole(PrunableLayer layer) {
        if (!wg.structured() || layer.linear()) return wg.mustKeepWhole(layer);
        if (overlapping.contains(layer.name())) return true;
        return coupled ? !removable.contains(layer.name()) : wg.mustKeepWhole(layer);
    }

    /** The reason for {@link #keepsWhole}, to end a message about several layers. */
    public String whyWhole() {
        if (!coupled && overlapping.isEmpty()) return wg.whyWhole();
        return (coupled ? "" : wg.whyWhole() + ", or ")
                + "they carry image planes or classes, are depthwise, or share some channels but not all with others";
    }

    /** Names of the sets with more than one layer, with their layers in order of execution. */
    public Map<String, List<String>> shared() {
        Map<String, List<String>> shared = new LinkedHashMap<>();
        members.forEach((name, names) -> {
            if (names.size() > 1) shared.put(name, names);
        });
        return shared;
    }

    /**
     * One ratio per set: the smallest that its layers were given, since a layer with ratio 0 is to stay whole.
     *
     * @param ratios one per layer; changed in place
     * @param warnings gets a line for every set whose layers had different ratios
     */
    public void agree(List<PrunableLayer> layers, double[] ratios, List<String> warnings) {
        Map<String, Integer> index = new HashMap<>();
        for (int i = 0; i < ratios.length; i++) index.put(layers.get(i).name(), i);
        shared().forEach((name, names) -> {
            double[] given = names.stream()
                    .mapToDouble(n -> ratios[index.get(n)])
                    .distinct()
                    .toArray();
            if (given.length == 1) return;
            double smallest = Arrays.stream(given)
                    .filter(r -> r != Selection.AUTOMATIC)
                    .min()
                    .orElseThrow();
            names.forEach(n -> ratios[index.get(n)] = smallest);
            warnings.add("ratios: " + names.stream().collect(Collectors.joining(", "))
                    + " lose the same channels; of their ratios the smallest holds, " + smallest);
        });
    }
}
