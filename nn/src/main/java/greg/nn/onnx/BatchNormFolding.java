package greg.nn.onnx;

import greg.nn.onnx.OnnxNetwork.Constant;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Folds batch normalization into the convolution before it: with s = gamma / sqrt(var + eps), the filter becomes s w and its bias
 * beta + s (b - mean).
 */
final class BatchNormFolding {
    private final OnnxNetwork network;
    private final Map<String, Integer> uses = new HashMap<>();

    private BatchNormFolding(OnnxNetwork network) {
        this.network = network;
        for (OnnxNode node : network.nodes) node.inputs().forEach(in -> uses.merge(in, 1, Integer::sum));
    }

    /** Folds where the normalization is the only reader of a convolution that shares its weight with no other. */
    static void apply(OnnxNetwork network) {
        new BatchNormFolding(network).foldAll();
    }

    private void foldAll() {
        Map<String, OnnxNode> convolutions = new HashMap<>();
        List<OnnxNode> kept = new ArrayList<>();
        for (OnnxNode node : network.nodes) {
            OnnxNode conv = node.type().equals("BatchNormalization")
                    ? convolutions.get(node.inputs().get(0))
                    : null;
            if (conv == null || !foldable(conv, node)) {
                if (node.type().equals("Conv")) convolutions.put(node.output(), node);
                kept.add(node);
                continue;
            }
            kept.set(kept.indexOf(conv), folded(conv, node));
        }
        network.nodes.clear();
        network.nodes.addAll(kept);
        forgetUnused();
    }

    /** Weights that are computed are left alone. */
    private boolean foldable(OnnxNode conv, OnnxNode norm) {
        Set<String> known = network.constants.keySet();
        return uses.get(conv.output()) == 1
                && conv.inputs().stream().skip(1).allMatch(in -> uses.get(in) == 1 && known.contains(in))
                && norm.inputs().stream().skip(1).allMatch(known::contains);
    }

    private OnnxNode folded(OnnxNode conv, OnnxNode norm) {
        float[] gamma = floats(norm, 1);
        float[] beta = floats(norm, 2);
        float[] mean = floats(norm, 3);
        float[] var = floats(norm, 4);
        double eps = (Float) norm.attributes().get("epsilon");
        String weightName = conv.inputs().get(1);
        Constant weight = network.constants.get(weightName);
        float[] b = conv.inputs().size() > 2 ? floats(conv, 2) : new float[gamma.length];
        float[] w = weight.floats().clone();
        float[] bias = new float[gamma.length];
        int filter = w.length / gamma.length;
        for (int k = 0; k < gamma.length; k++) {
            double scale = gamma[k] / Math.sqrt(var[k] + eps);
            for (int i = k * filter; i < (k + 1) * filter; i++) w[i] = (float) (w[i] * scale);
            bias[k] = (float) (beta[k] + scale * (b[k] - mean[k]));
        }
        String biasName = conv.inputs().size() > 2 ? conv.inputs().get(2) : conv.name() + ".bias";
        network.constants.put(weightName, new Constant(weight.shape(), w, null));
        network.constants.put(biasName, new Constant(Shape.of(bias.length), bias, null));
        return conv.withInputs(List.of(conv.inputs().get(0), weightName, biasName))
                .withOutput(norm.output());
    }

    private float[] floats(OnnxNode node, int input) {
        return network.constants.get(node.inputs().get(input)).floats();
    }

    private void forgetUnused() {
        Set<String> read = new HashSet<>();
        for (OnnxNode node : network.nodes) read.addAll(node.inputs());
        network.constants.keySet().retainAll(read);
    }
}
