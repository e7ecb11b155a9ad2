package greg.pruning.graph;

import greg.tensor.ChannelMap;
import greg.tensor.Node;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stages, blocks and layer numbers, read off the trace. A residual add closes a block; the block's body are the layers
 * between the add and the point where its two branches part. A stage ends where the shape of the adds' results changes.
 */
public final class Topology {
    private final ChannelGraph graph;
    private final Map<Tensor, Node> producers = new IdentityHashMap<>();
    private final Map<String, Place> places = new HashMap<>();
    private int stages;

    private record Place(int stage, int block, int conv, boolean last) {}

    private Topology(ChannelGraph graph) {
        this.graph = graph;
        for (Node node : graph.nodes()) producers.put(node.output(), node);
        int block = -1;
        Shape shape = null;
        for (Node node : graph.nodes()) {
            if (!(node.op().channels() instanceof ChannelMap.Tied tied)) continue;
            if (shape == null || !shape.equals(node.output().shape())) {
                shape = node.output().shape();
                stages++;
                block = -1;
            }
            block++;
            placeBlock(node, tied.other(), block);
        }
    }

    /**
     * All convolutions and linear layers, numbered as the reference implementation numbers them: in order of execution
     * along the main path, a projection shortcut sharing the number of the convolution before it.
     */
    public static List<PrunableLayer> describe(ChannelGraph graph) {
        return new Topology(graph).layers();
    }

    private void placeBlock(Node add, int other, int block) {
        Set<Node> right = new HashSet<>();
        ancestors(add.inputs().get(other), right);
        List<String> main = new ArrayList<>();
        Set<Node> left = new HashSet<>();
        ancestors(add.inputs().get(0), left);
        List<String> side = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (!(node.op().channels() instanceof ChannelMap.Fresh)) continue;
            if (left.contains(node) && !right.contains(node)) main.add(name(node));
            if (right.contains(node) && !left.contains(node)) side.add(name(node));
        }
        // the shorter branch is the shortcut, whichever way round the addition was written
        List<String> body = side.size() > main.size() ? side : main;
        List<String> shortcut = body == main ? side : main;
        for (int i = 0; i < body.size(); i++) {
            places.put(body.get(i), new Place(stages, block, i, i == body.size() - 1));
        }
        for (String name : shortcut) places.put(name, new Place(stages, block, -1, false));
    }

    private void ancestors(Tensor t, Set<Node> into) {
        Node node = producers.get(t);
        if (node == null || !into.add(node)) return;
        for (Tensor input : node.inputs()) ancestors(input, into);
    }

    private String name(Node node) {
        Tensor weight = node.inputs().get(1);
        for (GraphLayer layer : graph.layers()) if (layer.weight().tensor() == weight) return layer.name();
        throw new IllegalStateException("topology: a layer of the trace is not in the channel graph");
    }

    private List<PrunableLayer> layers() {
        List<PrunableLayer> all = new ArrayList<>();
        int index = -1;
        boolean inBlocks = false;
        for (GraphLayer layer : inModuleOrder()) {
            Place place = places.get(layer.name());
            boolean shortcut = place != null && place.conv() < 0;
            if (!shortcut) index++;
            inBlocks |= place != null;
            int stage = stages == 0 ? -1 : place != null ? place.stage() : inBlocks ? stages + 1 : 0;
            all.add(new PrunableLayer(
                    layer.name(),
                    index,
                    stage,
                    place == null ? -1 : place.block(),
                    place == null ? -1 : place.conv(),
                    place != null && place.last(),
                    shortcut,
                    layer.linear(),
                    graph.fixed(layer.columns()) || graph.tied(layer.columns()) || layer.depthwise(),
                    graph.fixed(layer.rows()) || graph.tied(layer.rows()) || layer.depthwise()));
        }
        return all;
    }

    /** Execution order, but a shortcut behind the body of its block, as modules register them. */
    private List<GraphLayer> inModuleOrder() {
        List<GraphLayer> ordered = new ArrayList<>();
        List<GraphLayer> waiting = new ArrayList<>();
        for (GraphLayer layer : graph.layers()) {
            Place place = places.get(layer.name());
            if (place != null && place.conv() < 0) {
                waiting.add(layer);
                continue;
            }
            ordered.add(layer);
            if (place != null && place.last()) {
                ordered.addAll(waiting);
                waiting.clear();
            }
        }
        ordered.addAll(waiting);
        return ordered;
    }
}
