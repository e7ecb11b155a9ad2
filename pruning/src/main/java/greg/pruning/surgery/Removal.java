package greg.pruning.surgery;

import greg.kernels.spec.ShortcutSpec;
import greg.nn.Parameter;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Group;
import greg.pruning.graph.Layer;
import greg.tensor.ChannelRoute;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Groups of channels to be removed from a network, collected filter by filter and cut out at once. The network is changed in
 * place; optimizers created for it, and the graph, must not be used afterwards.
 */
public final class Removal {
    private static final Gone NOTHING = new Gone(new BitSet(), new BitSet());

    private final ChannelGraph graph;
    private final Set<Group> groups = new LinkedHashSet<>();

    /** Which rows and columns of a parameter, or channels of a shortcut, are removed. */
    private record Gone(BitSet rows, BitSet columns) {
        void add(int[] someRows, int... someColumns) {
            for (int r : someRows) rows.set(r);
            for (int c : someColumns) columns.set(c);
        }
    }

    /** Nothing to remove yet. */
    public Removal(ChannelGraph graph) {
        this.graph = graph;
    }

    /** The graph of the network to remove from. */
    public ChannelGraph graph() {
        return graph;
    }

    /**
     * Marks filters of a layer, and with them everything that is coupled to them.
     *
     * @throws IllegalArgumentException if an index is out of range or the channel must stay (image planes, outputs)
     */
    public Removal filters(String layer, int... filters) {
        for (int i : filters) mark(graph.group(layer, i), "filter " + i + " of layer " + layer);
        return this;
    }

    /** Marks input channels (columns) of a layer, and with them the filters that produce them. */
    public Removal inputs(String layer, int... channels) {
        for (int i : channels) mark(graph.inputGroup(layer, i), "input channel " + i + " of layer " + layer);
        return this;
    }

    /** Marks filters or input channels of a layer, whichever are pruned. */
    public Removal add(Granularity granularity, Layer layer, int... numbers) {
        return switch (granularity) {
            case FILTER -> filters(layer.parameter(), numbers);
            case CHANNEL -> inputs(layer.parameter(), numbers);
            case WEIGHT -> throw new IllegalStateException("removal: single weights are masked, not cut");
        };
    }

    private void mark(Group group, String what) {
        if (group.fixed()) {
            throw new IllegalArgumentException(
                    "removal: " + what + " must stay: it carries the image's planes or the network's outputs");
        }
        groups.add(group);
    }

    /** The groups to remove. */
    public Set<Group> groups() {
        return groups;
    }

    private Map<String, Gone> gone() {
        Map<String, Gone> gone = new HashMap<>();
        for (Group group : groups) {
            for (Group.Member m : group.members()) {
                gone.computeIfAbsent(m.name(), name -> new Gone(new BitSet(), new BitSet()))
                        .add(m.rows(), m.columns());
            }
        }
        return gone;
    }

    private static int[] kept(int count, BitSet gone) {
        return IntStream.range(0, count).filter(i -> !gone.get(i)).toArray();
    }

    /** Kept filters of every layer that loses some, in the order of the layers. */
    public Map<String, int[]> keptFilters() {
        return kept(Gone::rows, Layer::out);
    }

    /** Kept input channels of every layer that loses some, in the order of the layers. */
    public Map<String, int[]> keptInputs() {
        return kept(Gone::columns, Layer::in);
    }

    private Map<String, int[]> kept(Function<Gone, BitSet> side, Function<Layer, Integer> count) {
        Map<String, Gone> gone = gone();
        Map<String, int[]> kept = new LinkedHashMap<>();
        for (Layer layer : graph.layers()) {
            BitSet lost = side.apply(gone.getOrDefault(layer.parameter(), NOTHING));
            if (!lost.isEmpty()) kept.put(layer.name(), kept(count.apply(layer), lost));
        }
        return kept;
    }

    /**
     * Cuts the network: slices every weight, bias, BN parameter and running statistic.
     *
     * @throws IllegalStateException if a layer would lose all its filters, or is masked; the network is unchanged
     */
    public void apply() {
        keptFilters().forEach((name, rows) -> {
            if (rows.length == 0) throw new IllegalStateException("removal: layer " + name + " would lose all filters");
        });
        Map<String, Parameter> tensors = graph.network().parameters();
        tensors.putAll(graph.network().buffers());
        gone().keySet().forEach(name -> {
            if (tensors.get(name).mask() != null) {
                throw new IllegalStateException(
                        "removal: " + name + " is masked; a network that is masked can no longer be cut");
            }
        });
        gone().forEach((name, lost) -> cut(tensors.get(name), lost));
        Map<ChannelRoute, Gone> routes = new IdentityHashMap<>();
        for (Group group : groups) {
            for (Group.Copies c : group.copies()) {
                routes.computeIfAbsent(c.route(), route -> new Gone(new BitSet(), new BitSet()))
                        .add(c.outputs(), c.inputs());
            }
        }
        routes.forEach(Removal::cut);
    }

    private static void cut(ChannelRoute route, Gone lost) {
        List<Integer> sources = route.sources();
        int[] inputs = kept(route.inChannels(), lost.columns);
        List<Integer> fresh = new ArrayList<>();
        for (int output : kept(sources.size(), lost.rows)) {
            // the position among the kept input channels; a removed one has none
            int position = Arrays.binarySearch(inputs, sources.get(output));
            fresh.add(position < 0 ? ShortcutSpec.ZERO : position);
        }
        route.set(inputs.length, fresh);
    }

    private static void cut(Parameter p, Gone lost) {
        Tensor old = p.tensor();
        int[] dims = old.shape().dims();
        int columns = dims.length > 1 ? dims[1] : 1;
        int[] rows = kept(dims[0], lost.rows);
        int[] cols = kept(columns, lost.columns);
        float[] from = old.toHost();
        int inner = from.length / dims[0] / columns;
        float[] to = new float[rows.length * cols.length * inner];
        int at = 0;
        for (int r : rows) {
            for (int c : cols) {
                System.arraycopy(from, (r * columns + c) * inner, to, at, inner);
                at += inner;
            }
        }
        dims[0] = rows.length;
        if (dims.length > 1) dims[1] = cols.length;
        p.replace(
                old.requiresGrad()
                        ? Tensor.parameter(old.backend(), Shape.of(dims), to)
                        : Tensor.of(old.backend(), Shape.of(dims), to));
    }
}
