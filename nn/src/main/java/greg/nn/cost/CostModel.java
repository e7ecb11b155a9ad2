package greg.nn.cost;

import greg.nn.NnModule;
import greg.nn.TracedForward;
import greg.tensor.Node;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.BiasOp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Parameters and multiply-accumulates of a network, found by tracing one forward pass of one image. No layer is known by
 * name, so any network can be counted.
 *
 * @param layers convolutions and Linears in the order in which they are applied
 * @param allParams all trainable elements, batch normalization included: what the paper's sparsity counts
 */
public record CostModel(List<LayerCost> layers, long allParams) {
    /** Copies the list. */
    public CostModel {
        layers = List.copyOf(layers);
    }

    /**
     * Counts them; the network is left as it was. On {@link greg.kernels.dry.DryBackend} nothing is computed.
     *
     * @param channels of an image
     */
    public static CostModel of(NnModule module, int channels, int height, int width) {
        return TracedForward.of(
                module,
                Shape.of(1, channels, height, width),
                pass -> new CostModel(layers(module, pass.nodes()), module.parameterCount()));
    }

    private static List<LayerCost> layers(NnModule module, List<Node> nodes) {
        Map<Tensor, String> names = new IdentityHashMap<>();
        module.parameters().forEach((name, p) -> names.put(p.tensor(), name));
        Map<Tensor, Tensor> biasAfter = new IdentityHashMap<>();
        for (Node node : nodes) {
            if (node.op() instanceof BiasOp)
                biasAfter.put(node.inputs().get(0), node.inputs().get(1));
        }
        List<LayerCost> layers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Node node : nodes) {
            if (node.op().macs() == 0) continue;
            Tensor weight = node.inputs().get(1);
            String name = names.get(weight);
            if (name == null) {
                throw new IllegalArgumentException("cost: " + node.op().name() + " uses a weight " + weight.shape()
                        + " that is not a parameter of " + module.getClass().getSimpleName());
            }
            List<Tensor> layerTensors =
                    new ArrayList<>(node.inputs().subList(1, node.inputs().size()));
            if (biasAfter.containsKey(node.output())) layerTensors.add(biasAfter.get(node.output()));
            long params = 0;
            for (Tensor p : layerTensors) {
                if (names.containsKey(p) && seen.add(names.get(p)))
                    params += p.shape().size();
            }
            layers.add(new LayerCost(
                    name,
                    node.op().name(),
                    weight.shape(),
                    node.output().shape(),
                    params,
                    node.op().macs()));
        }
        return layers;
    }

    /** Weights and biases of convolutions and Linears, without BN: what the reference implementation prints. */
    public long params() {
        return layers.stream().mapToLong(LayerCost::params).sum();
    }

    /** Multiply-accumulates for one image. */
    public long macs() {
        return layers.stream().mapToLong(LayerCost::macs).sum();
    }
}
