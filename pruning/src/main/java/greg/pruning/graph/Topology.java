package greg.pruning.graph;

import greg.pruning.graph.Layer.Place;
import greg.tensor.ChannelMap;
import greg.tensor.Node;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stages, blocks and layer numbers, from the trace. A residual addition closes a block; the block's body consists of the
 * layers between the addition and the point where its two branches split, except those in a block inside it. A stage ends
 * where the shape of the additions' results changes.
 */
final class Topology {
    private final Tracing tracing;
    private final Map<Tensor, Integer> producers = new IdentityHashMap<>();
    private final Map<String, Block> blocks = new HashMap<>();
    private final Map<Node, String> additions = new IdentityHashMap<>();
    private int stages;

    /** A residual block: its layers in order of execution. */
    private record Block(int stage, int number, List<String> body, List<String> shortcut) {}

    Topology(Tracing tracing) {
        this.tracing = tracing;
        List<Node> nodes = tracing.nodes;
        for (int i = 0; i < nodes.size(); i++) producers.put(nodes.get(i).output(), i);
        int block = -1;
        Shape shape = null;
        for (Tracing.Addition addition : tracing.additions) {
            Node node = addition.node();
            if (shape == null || !shape.equals(node.output().shape())) {
                shape = node.output().shape();
                stages++;
                block = -1;
            }
            place(node, ((ChannelMap.Tied) node.op().channels()).other(), ++block);
        }
    }

    private void place(Node add, int other, int block) {
        BitSet left = ancestors(add.inputs().get(0));
        BitSet right = ancestors(add.inputs().get(other));
        Set<String> main = new LinkedHashSet<>();
        Set<String> side = new LinkedHashSet<>();
        for (int i = 0; i < tracing.nodes.size(); i++) {
            String layer = tracing.weight(tracing.nodes.get(i));
            if (layer == null || left.get(i) == right.get(i)) continue;
            (left.get(i) ? main : side).add(layer);
        }
        // the shorter branch is the shortcut, whichever way round the addition was written
        List<String> body = new ArrayList<>(side.size() > main.size() ? side : main);
        List<String> shortcut = new ArrayList<>(side.size() > main.size() ? main : side);
        additions.put(add, body.isEmpty() ? "the input" : body.get(body.size() - 1));
        body.removeIf(blocks::containsKey);
        shortcut.removeIf(name -> blocks.containsKey(name) || body.contains(name));
        if (body.isEmpty()) {
            body.addAll(shortcut);
            shortcut.clear();
        }
        Block created = new Block(stages, block, body, shortcut);
        body.forEach(name -> blocks.put(name, created));
        shortcut.forEach(name -> blocks.put(name, created));
    }

    /** The nodes that {@code t} is computed from. */
    private BitSet ancestors(Tensor t) {
        BitSet ancestors = new BitSet();
        Integer last = producers.get(t);
        if (last == null) return ancestors;
        ancestors.set(last);
        for (int i = last; i >= 0; i = ancestors.previousSetBit(i - 1)) {
            for (Tensor input : tracing.nodes.get(i).inputs()) {
                Integer from = producers.get(input);
                if (from != null) ancestors.set(from);
            }
            if (i == 0) break;
        }
        return ancestors;
    }

    /** The last layer of the body of the block that an addition closes, full name of its weight. */
    String before(Node addition) {
        return additions.get(addition);
    }

    /**
     * All convolutions and linear layers, numbered as the reference implementation numbers them: in order of execution, but
     * a projection shortcut after the last convolution of its block, whose number it shares.
     */
    List<Layer> layers() {
        List<String> executed = new ArrayList<>(tracing.layers.keySet());
        Map<String, Integer> stageOf = new HashMap<>();
        int following = -1;
        for (int i = executed.size() - 1; i >= 0; i--) {
            Block block = blocks.get(executed.get(i));
            if (block != null) following = block.stage;
            boolean linear = tracing.layers.get(executed.get(i)).shape().rank() == 2;
            int stage = following >= 0 ? following : linear ? stages + 1 : stages;
            stageOf.put(executed.get(i), stages == 0 ? -1 : stage);
        }
        List<Layer> layers = new ArrayList<>();
        int index = -1;
        boolean beforeBlocks = true;
        for (String name : executed) {
            Block block = blocks.get(name);
            if (block != null && block.shortcut.contains(name)) continue;
            beforeBlocks &= block == null;
            index++;
            if (block == null) {
                layers.add(layer(name, new Place(index, stages > 0 && beforeBlocks ? 0 : stageOf.get(name), -1, -1)));
                continue;
            }
            layers.add(layer(name, new Place(index, block.stage, block.number, block.body.indexOf(name))));
            if (!name.equals(block.body.get(block.body.size() - 1))) continue;
            for (String shortcut : block.shortcut) {
                layers.add(layer(shortcut, new Place(index, block.stage, block.number, -1)));
            }
        }
        return List.copyOf(layers);
    }

    private Layer layer(String name, Place place) {
        Tracing.Applied a = tracing.layers.get(name);
        return new Layer(name, a.shape(), a.groups(), a.depthwise(), a.rows(), a.columns(), place);
    }
}
