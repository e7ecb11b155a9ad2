package greg.pruning.surgery;

import greg.kernels.spec.ShortcutSpec;
import greg.nn.Parameter;
import greg.nn.layer.Conv2d;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.GraphLayer;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A set of channels to be removed from a network, grown filter by filter and applied at once. The network is changed in
 * place; optimisers made for it are of no use afterwards.
 */
public final class Removal {
    private final ChannelGraph graph;
    private final Set<Integer> units = new HashSet<>();

    /** Nothing to remove yet. */
    public Removal(ChannelGraph graph) {
        this.graph = graph;
    }

    /**
     * Marks filters of a layer, and with them everything that is coupled to them.
     *
     * @throws IllegalArgumentException if an index is out of range or the channel must stay (image planes, classes)
     */
    public Removal filters(String layer, int... filters) {
        return mark(layer, "filter", graph.layer(layer).rows(), filters);
    }

    /** Marks input channels (columns) of a layer: the filters before it that make them disappear. */
    public Removal inputs(String layer, int... channels) {
        return mark(layer, "input channel", graph.layer(layer).columns(), channels);
    }

    private Removal mark(String layer, String what, int[] atoms, int[] indices) {
        for (int i : indices) {
            if (i < 0 || i >= atoms.length) {
                throw new IllegalArgumentException(
                        "removal: layer " + layer + " has " + atoms.length + " " + what + "s, there is no number " + i);
            }
            if (graph.fixed(new int[] {atoms[i]})) {
                throw new IllegalArgumentException("removal: " + what + " " + i + " of layer " + layer
                        + " must stay: it carries image planes or classes");
            }
            units.add(graph.unit(atoms[i]));
        }
        return this;
    }

    private int[] kept(int[] atoms) {
        return IntStream.range(0, atoms.length)
                .filter(i -> !units.contains(graph.unit(atoms[i])))
                .toArray();
    }

    /** Kept filters of every layer that loses some, in order of execution. */
    public Map<String, int[]> keptFilters() {
        Map<String, int[]> kept = new LinkedHashMap<>();
        for (GraphLayer layer : graph.layers()) {
            int[] rows = kept(layer.rows());
            if (rows.length < layer.rows().length) kept.put(layer.name(), rows);
        }
        return kept;
    }

    /** Kept input channels of every layer that loses some, in order of execution. */
    public Map<String, int[]> keptInputs() {
        Map<String, int[]> kept = new LinkedHashMap<>();
        for (GraphLayer layer : graph.layers()) {
            int[] columns = kept(layer.columns());
            if (columns.length < layer.columns().length) kept.put(layer.name(), columns);
        }
        return kept;
    }

    /**
     * Cuts the network: slices every weight, bias, BN parameter and running statistic.
     *
     * @throws IllegalStateException if a layer would lose all its filters
     */
    public void apply() {
        keptFilters().forEach((name, rows) -> {
            if (rows.length == 0) throw new IllegalStateException("removal: layer " + name + " would lose all filters");
        });
        Map<Parameter, Boolean> done = new IdentityHashMap<>();
        for (ChannelGraph.Slice slice : graph.slices()) {
            cut(slice.parameter(), slice.rows(), slice.columns(), done);
            for (Parameter buffer : slice.module().ownBuffers().values()) {
                if (buffer.tensor().shape().rank() == 1 && slice.columns() == null)
                    cut(buffer, slice.rows(), null, done);
            }
            groups(slice);
        }
        graph.routes().forEach(this::cut);
    }

    private void cut(ChannelGraph.RouteSlice slice) {
        List<Integer> sources = slice.route().sources();
        int[] columns = kept(slice.columns());
        List<Integer> fresh = new ArrayList<>();
        for (int row : kept(slice.rows())) {
            // the position among the kept input channels, or, of one that is gone, nothing
            int position = Arrays.binarySearch(columns, sources.get(row));
            fresh.add(position < 0 ? ShortcutSpec.ZERO : position);
        }
        slice.route().set(columns.length, fresh);
    }

    private void cut(Parameter p, int[] rowAtoms, int[] columnAtoms, Map<Parameter, Boolean> done) {
        if (done.put(p, true) != null) return;
        Shape shape = p.tensor().shape();
        int[] rows = kept(rowAtoms);
        int columns = shape.rank() > 1 ? shape.dim(1) : 1;
        int[] cols = columnAtoms == null ? IntStream.range(0, columns).toArray() : kept(columnAtoms);
        if (rows.length == rowAtoms.length && cols.length == columns) return;
        float[] from = p.tensor().toHost();
        int inner = from.length / shape.dim(0) / columns;
        float[] to = new float[rows.length * cols.length * inner];
        int at = 0;
        for (int r : rows) {
            for (int c : cols) {
                System.arraycopy(from, (r * columns + c) * inner, to, at, inner);
                at += inner;
            }
        }
        int[] dims = shape.dims();
        dims[0] = rows.length;
        if (dims.length > 1) dims[1] = cols.length;
        Tensor old = p.tensor();
        p.replace(
                old.requiresGrad()
                        ? Tensor.parameter(old.backend(), Shape.of(dims), to)
                        : Tensor.of(old.backend(), Shape.of(dims), to));
    }

    /** A depthwise convolution has one group a channel, so it loses groups with its channels. */
    private void groups(ChannelGraph.Slice slice) {
        if (!(slice.module() instanceof Conv2d conv) || slice.parameter() != conv.weight()) return;
        if (slice.columns() != null) return;
        conv.groups(conv.groups() * conv.weight().tensor().shape().dim(0) / slice.rows().length);
    }
}
