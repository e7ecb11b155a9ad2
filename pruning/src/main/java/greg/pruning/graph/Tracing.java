package greg.pruning.graph;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.pruning.graph.Atoms.Mark;
import greg.tensor.ChannelMap;
import greg.tensor.ChannelRoute;
import greg.tensor.Node;
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

/**
 * Follows the channels through a traced forward pass: each op says how its output channels relate to its inputs' ({@link
 * ChannelMap}); the result says to which channels the rows and columns of every parameter belong.
 */
final class Tracing {
    /**
     * How a parameter or buffer follows the channels: atoms of its rows, and of its columns, or null if columns are never
     * removed.
     */
    record Use(String name, Shape shape, boolean buffer, int[] rows, int[] columns) {}

    /** How a parameter-free shortcut follows the channels: atoms of its output and of its input. */
    record RouteUse(ChannelRoute route, int[] outputs, int[] inputs) {}

    /** A convolution or linear layer at its first application. */
    record Applied(String parameter, Shape shape, int groups, boolean depthwise, int[] rows, int[] columns) {}

    /** An addition: its position among the nodes, and the atoms of its result. */
    record Addition(Node node, int position, int[] atoms) {}

    final Atoms atoms = new Atoms();
    final List<Node> nodes;
    final Map<String, Use> uses = new LinkedHashMap<>();
    final List<RouteUse> routes = new ArrayList<>();
    final Map<String, Applied> layers = new LinkedHashMap<>();
    final List<Addition> additions = new ArrayList<>();
    private final Map<Tensor, int[]> channels = new IdentityHashMap<>();
    private final Map<Tensor, String> names = new IdentityHashMap<>();
    private final Set<String> buffers = new HashSet<>();

    Tracing(NnModule network, List<Node> nodes, Tensor input, Tensor output) {
        this.nodes = nodes;
        network.parameters().forEach((name, p) -> names.put(p.tensor(), name));
        for (Map.Entry<String, Parameter> b : network.buffers().entrySet()) {
            names.put(b.getValue().tensor(), b.getKey());
            buffers.add(b.getKey());
        }
        int[] image = atoms.fresh(input.shape().dim(1));
        atoms.mark(Mark.IMAGE, image);
        channels.put(input, image);
        for (int i = 0; i < nodes.size(); i++) visit(nodes.get(i), i);
        int[] outputs = channels.get(output);
        if (outputs != null) atoms.mark(Mark.OUTPUT, outputs);
    }

    /** The full name of the weight that a convolution or linear layer applies, or null for other ops. */
    String weight(Node node) {
        return node.op().channels() instanceof ChannelMap.Fresh
                ? names.get(node.inputs().get(1))
                : null;
    }

    private void visit(Node node, int position) {
        ChannelMap map = node.op().channels();
        if (map instanceof ChannelMap.None) return;
        List<Tensor> inputs = node.inputs();
        int[] in = of(inputs.get(0));
        int[] out;
        int other = 0; // index of the second input with channels
        if (map instanceof ChannelMap.Fresh fresh) {
            out = layer(node, in, fresh.groups());
        } else if (map instanceof ChannelMap.Same) {
            out = in;
        } else if (map instanceof ChannelMap.Tied tied) {
            out = in;
            other = tied.other();
            int[] added = of(inputs.get(other));
            for (int i = 0; i < in.length; i++) if (atoms.union(in[i], added[i])) atoms.mark(Mark.TIED, in[i]);
            additions.add(new Addition(node, position, out));
        } else if (map instanceof ChannelMap.Gated gated) {
            out = in;
            other = gated.other();
            same(in, of(inputs.get(other)));
        } else if (map instanceof ChannelMap.Repeat repeat) {
            out = new int[in.length * repeat.factor()];
            for (int i = 0; i < out.length; i++) out[i] = in[i / repeat.factor()];
        } else if (map instanceof ChannelMap.Routed routed) {
            // channels of their own: the copy of a removed source is zero, a removed copy is not made
            out = atoms.fresh(routed.route().sources().size());
            route(new RouteUse(routed.route(), out, in));
        } else if (map instanceof ChannelMap.Concat) {
            out = inputs.stream().flatMapToInt(t -> Arrays.stream(of(t))).toArray();
        } else {
            throw new IllegalStateException("channel graph: " + node.op().name() + " says " + map
                    + " of its channels, which is not known here; add it to "
                    + getClass().getSimpleName());
        }
        if (map instanceof ChannelMap.Same || map instanceof ChannelMap.Tied) {
            for (int i = 1; i < inputs.size(); i++) if (i != other) perChannel(inputs.get(i), out);
        }
        for (Tensor state : node.op().channelState()) perChannel(state, out);
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
        int out = weight.shape().dim(0);
        int perGroup = in.length / groups;
        boolean depthwise = groups > 1 && perGroup == 1;
        int[] rows = atoms.fresh(out);
        int[] columns = in;
        if (depthwise) {
            for (int o = 0; o < out; o++) atoms.union(rows[o], in[o / (out / groups)]);
            columns = new int[0];
        } else if (groups > 1) {
            // every group must lose the same positions to stay equally wide
            for (int i = perGroup; i < in.length; i++) atoms.union(in[i], in[i % perGroup]);
            int filters = out / groups;
            for (int o = filters; o < out; o++) atoms.union(rows[o], rows[o % filters]);
            columns = Arrays.copyOf(in, perGroup);
        }
        String name = name(weight);
        layers.putIfAbsent(name, new Applied(name, weight.shape(), groups, depthwise, rows, columns));
        use(new Use(name, weight.shape(), false, rows, depthwise ? null : columns));
        if (node.inputs().size() > 2) perChannel(node.inputs().get(2), rows);
        return rows;
    }

    private String name(Tensor tensor) {
        String name = names.get(tensor);
        if (name == null) {
            throw new IllegalStateException("channel graph: a tensor of shape " + tensor.shape()
                    + " is neither a parameter nor a buffer of the network; register it with parameter(name, shape)"
                    + " or buffer(name, shape, value)");
        }
        return name;
    }

    private void perChannel(Tensor tensor, int[] rows) {
        String name = name(tensor);
        use(new Use(name, tensor.shape(), buffers.contains(name), rows, null));
    }

    /** Records a use of a parameter; a parameter used twice has the same channels both times. */
    private void use(Use use) {
        Use known = uses.putIfAbsent(use.name, use);
        if (known == null) return;
        same(known.rows, use.rows);
        if (use.columns != null) same(known.columns, use.columns);
    }

    private void route(RouteUse use) {
        for (RouteUse known : routes) {
            if (known.route != use.route) continue;
            same(known.outputs, use.outputs);
            same(known.inputs, use.inputs);
            return;
        }
        routes.add(use);
    }

    private void same(int[] a, int[] b) {
        for (int i = 0; i < a.length; i++) atoms.union(a[i], b[i]);
    }
}
