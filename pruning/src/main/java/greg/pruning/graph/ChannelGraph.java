package greg.pruning.graph;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.ChannelMap;
import greg.tensor.ChannelRoute;
import greg.tensor.NoGrad;
import greg.tensor.Node;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The channels of a network and what they belong to. Built from one traced forward pass: each op says how its output
 * channels relate to its inputs' ({@link ChannelMap}), and channels that meet in an addition fall into one class.
 *
 * <p>Removing a channel then means: drop the rows, columns and per-channel parameters whose atom is in its class.
 */
public final class ChannelGraph {
    private final Atoms atoms = new Atoms();
    private final Map<Tensor, int[]> channels = new IdentityHashMap<>();
    private final Map<Tensor, Owner> owners = new IdentityHashMap<>();
    private final List<GraphLayer> layers = new ArrayList<>();
    private final List<Slice> slices = new ArrayList<>();
    private final List<RouteSlice> routes = new ArrayList<>();
    private final List<Node> nodes;

    /** Which parameter a tensor is, and of which module. */
    public record Owner(String path, NnModule module, Parameter parameter) {}

    /** How a parameter follows the channels: atoms of its rows, and of its columns or null. */
    public record Slice(NnModule module, Parameter parameter, int[] rows, int[] columns) {}

    /** How a parameter-free shortcut follows the channels: atoms of its output and of its input. */
    public record RouteSlice(ChannelRoute route, int[] rows, int[] columns) {}

    private ChannelGraph(NnModule network, List<Node> nodes, Tensor input, Tensor output) {
        this.nodes = nodes;
        network.visit(
                (path, m) -> m.ownParameters().values().forEach(p -> owners.put(p.tensor(), new Owner(path, m, p))));
        int[] image = atoms.fresh(input.shape().dim(1));
        atoms.fix(image);
        channels.put(input, image);
        for (Node node : nodes) visit(node);
        int[] classes = channels.get(output);
        if (classes != null) atoms.fix(classes);
    }

    /**
     * Traces {@code network} on one image of zeros in evaluation mode; nothing of its state changes.
     *
     * @param image (1, C, H, W)
     */
    public static ChannelGraph trace(NnModule network, Shape image) {
        boolean training = network.isTraining();
        network.eval();
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin();
                Trace trace = Trace.begin()) {
            Tensor x = scope.own(Tensor.full(network.backend(), image, 0));
            Tensor y = network.forward(x);
            return new ChannelGraph(network, trace.nodes(), x, y);
        } finally {
            network.train(training);
        }
    }

    private void visit(Node node) {
        ChannelMap map = node.op().channels();
        List<Tensor> inputs = node.inputs();
        int[] in = of(inputs.get(0));
        int[] out;
        if (map instanceof ChannelMap.Fresh fresh) {
            out = layer(node, in, fresh.groups());
        } else if (map instanceof ChannelMap.Same) {
            out = in;
            perChannel(inputs.subList(1, inputs.size()), out);
        } else if (map instanceof ChannelMap.Tied tied) {
            out = add(in, of(inputs.get(tied.other())));
            for (int i = 1; i < inputs.size(); i++) {
                if (i != tied.other()) perChannel(inputs.subList(i, i + 1), out);
            }
        } else if (map instanceof ChannelMap.Gated gated) {
            out = in;
            same(in, of(inputs.get(gated.other()))); // together, but not tied as in an addition
        } else if (map instanceof ChannelMap.Repeat repeat) {
            out = new int[in.length * repeat.factor()];
            for (int i = 0; i < out.length; i++) out[i] = in[i / repeat.factor()];
        } else if (map instanceof ChannelMap.Routed routed) {
            // channels of their own: where a source is gone its copy is zero, a copy that is gone is not made
            out = atoms.fresh(routed.route().sources().size());
            route(new RouteSlice(routed.route(), out, in));
        } else if (map instanceof ChannelMap.Concat) {
            out = inputs.stream().flatMapToInt(t -> Arrays.stream(of(t))).toArray();
        } else {
            return;
        }
        channels.put(node.output(), out);
    }

    private int[] of(Tensor t) {
        int[] known = channels.get(t);
        if (known == null) {
            throw new IllegalStateException("channel graph: a tensor of shape " + t.shape()
                    + " does not come from the network's input; build every value from the argument of forward()");
        }
        return known;
    }

    /** A convolution or linear layer: new atoms for its filters, except that grouped channels move together. */
    private int[] layer(Node node, int[] in, int groups) {
        Tensor weight = node.inputs().get(1);
        Owner owner = owner(weight);
        int out = weight.shape().dim(0);
        int perGroup = in.length / groups;
        boolean depthwise = groups > 1 && perGroup == 1;
        int[] rows = atoms.fresh(out);
        int[] columns = in;
        if (depthwise) {
            for (int o = 0; o < out; o++) atoms.union(rows[o], in[o / (out / groups)]);
            columns = null;
        } else if (groups > 1) {
            // every group must lose the same positions to stay equally wide
            for (int i = perGroup; i < in.length; i++) atoms.union(in[i], in[i % perGroup]);
            int filters = out / groups;
            for (int o = filters; o < out; o++) atoms.union(rows[o], rows[o % filters]);
            columns = Arrays.copyOf(in, perGroup);
        }
        boolean first = slice(new Slice(owner.module(), owner.parameter(), rows, columns));
        perChannel(node.inputs().subList(2, node.inputs().size()), rows);
        boolean linear = weight.shape().rank() == 2;
        if (!first) return rows;
        layers.add(new GraphLayer(
                owner.path(),
                owner.parameter(),
                linear,
                groups,
                depthwise,
                rows,
                columns == null ? new int[0] : columns,
                node.op().macs()));
        return rows;
    }

    private Owner owner(Tensor parameter) {
        Owner owner = owners.get(parameter);
        if (owner == null) {
            throw new IllegalStateException("channel graph: a weight of shape " + parameter.shape()
                    + " is no parameter of the network; register it with parameter(name, shape)");
        }
        return owner;
    }

    private void perChannel(List<Tensor> parameters, int[] rows) {
        for (Tensor p : parameters) {
            Owner owner = owner(p);
            slice(new Slice(owner.module(), owner.parameter(), rows, null));
        }
    }

    /** Notes a use of a parameter; what is used twice has the same channels both times. False from the second use on. */
    private boolean slice(Slice use) {
        for (Slice known : slices) {
            if (known.parameter() != use.parameter()) continue;
            same(known.rows(), use.rows());
            if (use.columns() != null) same(known.columns(), use.columns());
            return false;
        }
        slices.add(use);
        return true;
    }

    private void route(RouteSlice use) {
        for (RouteSlice known : routes) {
            if (known.route() != use.route()) continue;
            same(known.rows(), use.rows());
            same(known.columns(), use.columns());
            return;
        }
        routes.add(use);
    }

    private void same(int[] a, int[] b) {
        for (int i = 0; i < a.length; i++) atoms.union(a[i], b[i]);
    }

    private int[] add(int[] a, int[] b) {
        int[] out = new int[a.length];
        for (int i = 0; i < a.length; i++) out[i] = atoms.union(a[i], b[i]);
        atoms.tie(a);
        atoms.tie(b);
        return out;
    }

    /** Convolutions and linear layers in order of execution. */
    public List<GraphLayer> layers() {
        return layers;
    }

    /** The traced op applications, in order. */
    public List<Node> nodes() {
        return nodes;
    }

    /** The layer of this name. */
    public GraphLayer layer(String name) {
        return layers.stream()
                .filter(l -> l.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("channel graph: no layer is named '" + name + "'"));
    }

    /** How every parameter follows the channels. */
    public List<Slice> slices() {
        return slices;
    }

    /** How every parameter-free shortcut follows the channels. */
    public List<RouteSlice> routes() {
        return routes;
    }

    /** The representative of an atom's class: atoms of one class are removed together. */
    public int unit(int atom) {
        return atoms.find(atom);
    }

    /** Whether none of these channels may be removed: image planes, classes. */
    public boolean fixed(int[] some) {
        for (int atom : some) if (atoms.isFixed(atom)) return true;
        return false;
    }

    /** Whether one of these channels meets others in an addition. */
    public boolean tied(int[] some) {
        for (int atom : some) if (atoms.isTied(atom)) return true;
        return false;
    }
}
