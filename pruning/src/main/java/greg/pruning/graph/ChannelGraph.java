package greg.pruning.graph;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.TracedForward;
import greg.pruning.graph.Atoms.Mark;
import greg.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The layers of a network and the channels between them, found by tracing one forward pass: each op says how its output
 * channels relate to its inputs' ({@link greg.tensor.ChannelMap}), and what must be removed together falls into one {@link
 * Group}. It describes the network as it is now; trace again after surgery.
 *
 * <pre>{@code System.out.println(ChannelGraph.trace(net, image).group("layer1.0.conv1", 3));}</pre>
 */
public final class ChannelGraph {
    private final NnModule network;
    private final Shape image;
    private final Tracing tracing;
    private final Topology topology;
    private final List<Layer> layers;
    private final Map<String, Layer> byName = new HashMap<>();
    private Map<Integer, Group> groups;

    private ChannelGraph(NnModule network, Shape image, TracedForward pass) {
        this.network = network;
        this.image = image;
        tracing = new Tracing(network, pass.nodes(), pass.x(), pass.y());
        topology = new Topology(tracing);
        layers = topology.layers();
        for (Layer layer : layers) {
            byName.put(layer.parameter(), layer);
            byName.put(layer.name(), layer);
        }
    }

    /**
     * Traces {@code network} on one image of zeros in evaluation mode; the network's state does not change.
     *
     * @param image (1, C, H, W)
     */
    public static ChannelGraph trace(NnModule network, Shape image) {
        return TracedForward.of(network, image, pass -> new ChannelGraph(network, image, pass));
    }

    /** The network that was traced. */
    public NnModule network() {
        return network;
    }

    /** The shape it was traced with, (1, C, H, W). */
    public Shape image() {
        return image;
    }

    /** All convolutions and linear layers, in the order of their numbers. */
    public List<Layer> layers() {
        return layers;
    }

    /**
     * One layer.
     *
     * @param name as users call it, e.g. {@code layer1.0.conv1}, or full name of its weight
     * @throws IllegalArgumentException if there is none
     */
    public Layer layer(String name) {
        Layer layer = byName.get(name);
        if (layer == null) {
            throw new IllegalArgumentException("channel graph: no layer is named '" + name + "'"
                    + NearestName.hint(name, layers.stream().map(Layer::name).toList())
                    + "; layers are listed by ChannelGraph.layers()");
        }
        return layer;
    }

    /** The layer's weight. */
    public Parameter weight(Layer layer) {
        Parameter weight = network.parameters().get(layer.parameter());
        if (weight == null) {
            throw new IllegalArgumentException("channel graph: the network has no parameter '" + layer.parameter()
                    + "'; the layer is of another network");
        }
        return weight;
    }

    /**
     * Everything that is removed together with a filter of a layer.
     *
     * @param layer as for {@link #layer}
     * @throws IllegalArgumentException if there is no such layer or filter
     */
    public Group group(String layer, int filter) {
        return group(layer, "filter", layer(layer).rows(), filter);
    }

    /** Everything that is removed together with an input channel of a layer, i.e. a column of its weight. */
    public Group inputGroup(String layer, int channel) {
        return group(layer, "input channel", layer(layer).columns(), channel);
    }

    private Group group(String layer, String what, int[] atoms, int i) {
        if (i < 0 || i >= atoms.length) {
            throw new IllegalArgumentException("channel graph: layer " + layer + " has " + atoms.length + " " + what
                    + "s, there is no number " + i);
        }
        return byUnit().get(unit(atoms[i]));
    }

    /** All groups of the network, those that cannot be removed included, in order of execution. */
    public List<Group> groups() {
        return List.copyOf(byUnit().values());
    }

    private Map<Integer, Group> byUnit() {
        if (groups == null) groups = new Grouping(this, tracing).groups();
        return groups;
    }

    /** The representative of an atom's class: atoms of one class are removed together. */
    int unit(int atom) {
        return tracing.atoms.find(atom);
    }

    /** Whether one of these channels is a plane of the image. */
    boolean carriesImage(int... some) {
        return tracing.atoms.any(Mark.IMAGE, some);
    }

    /** Whether one of these channels is an output of the network. */
    boolean carriesOutput(int... some) {
        return tracing.atoms.any(Mark.OUTPUT, some);
    }

    /** Whether an addition has tied one of these channels to others. */
    boolean tied(int... some) {
        return tracing.atoms.any(Mark.TIED, some);
    }

    /**
     * The layer after which an addition ties one of these channels; of several additions the nearest.
     *
     * @param layer whose channels they are; null: take the first addition
     * @param made whether the layer produces them; else it reads them
     */
    String addition(Layer layer, boolean made, int... some) {
        TreeSet<Integer> units = new TreeSet<>();
        for (int atom : some) units.add(unit(atom));
        int at = layer == null ? -1 : position(layer);
        Tracing.Addition before = null;
        Tracing.Addition after = null;
        for (Tracing.Addition addition : tracing.additions) {
            boolean meets = false;
            for (int atom : addition.atoms()) meets |= units.contains(unit(atom)) && tied(atom);
            if (!meets) continue;
            if (addition.position() < at) before = addition;
            else if (after == null) after = addition;
        }
        Tracing.Addition nearest = (made || before == null) && after != null ? after : before;
        return Parameter.layerName(topology.before(nearest.node()));
    }

    /** Where the layer is first applied. */
    private int position(Layer layer) {
        for (int i = 0; i < tracing.nodes.size(); i++) {
            if (layer.parameter().equals(tracing.weight(tracing.nodes.get(i)))) return i;
        }
        throw new IllegalStateException("channel graph: layer " + layer.name() + " is not in the trace");
    }
}
