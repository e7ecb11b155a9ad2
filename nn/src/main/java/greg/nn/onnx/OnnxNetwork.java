package greg.nn.onnx;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.TracedForward;
import greg.tensor.Node;
import greg.tensor.OnnxGraph;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The nodes and constants of a network, from a traced forward pass. */
final class OnnxNetwork implements OnnxGraph {
    static final String INPUT = "input";
    static final String OUTPUT = "logits";

    /** Weights and other constants that nodes read, by value; floats or longs. */
    record Constant(Shape shape, float[] floats, long[] longs) {}

    final List<OnnxNode> nodes = new ArrayList<>();
    final Map<String, Constant> constants = new LinkedHashMap<>();
    final Shape input;
    final Shape output;

    private final Map<Tensor, String> parameters = new IdentityHashMap<>();
    private final Map<Tensor, String> values = new IdentityHashMap<>();
    private final Set<String> taken = new HashSet<>(Set.of(INPUT, OUTPUT));
    private final Map<String, Integer> numbers = new HashMap<>();

    /** Traces the network on one image, in evaluation mode; the network is left as it was. */
    static OnnxNetwork of(NnModule network, int channels, int height, int width) {
        Shape image = Shape.of(1, channels, height, width);
        return TracedForward.of(network, image, pass -> new OnnxNetwork(network, pass));
    }

    private OnnxNetwork(NnModule network, TracedForward pass) {
        input = pass.x().shape();
        output = pass.y().shape();
        network.parameters().forEach(this::known);
        network.buffers().forEach(this::known);
        values.put(pass.x(), INPUT);
        for (Node node : pass.nodes()) {
            String value = node.op().onnx(this);
            if (value == null) {
                throw new IllegalArgumentException(
                        "ONNX: the op " + node.op().name() + " has no ONNX form; give it one by overriding Op.onnx");
            }
            values.put(node.output(), value);
        }
        rename(values.get(pass.y()), OUTPUT);
    }

    private void known(String name, Parameter parameter) {
        parameters.put(parameter.tensor(), name);
        taken.add(name);
    }

    /** Gives the network's output its name. */
    private void rename(String value, String name) {
        if (value == null || nodes.isEmpty()) {
            throw new IllegalArgumentException("ONNX: the network's output does not come from an op on its input");
        }
        nodes.replaceAll(node -> node.withInputs(node.inputs().stream()
                        .map(in -> in.equals(value) ? name : in)
                        .toList())
                .withOutput(node.output().equals(value) ? name : node.output()));
    }

    @Override
    public String value(Tensor tensor) {
        String known = values.get(tensor);
        if (known != null) return known;
        String name = parameters.get(tensor);
        if (name == null) {
            throw new IllegalArgumentException("ONNX: a tensor of shape " + tensor.shape()
                    + " is neither a parameter nor a buffer nor computed from the network's input; register it with"
                    + " parameter(name, shape) or buffer(name, shape, value)");
        }
        constants.putIfAbsent(name, new Constant(tensor.shape(), tensor.toHost(), null));
        return name;
    }

    @Override
    public String constant(long... elements) {
        for (Map.Entry<String, Constant> known : constants.entrySet()) {
            if (Arrays.equals(known.getValue().longs(), elements)) return known.getKey();
        }
        return put("constant", new Constant(Shape.of(elements.length), null, elements.clone()));
    }

    @Override
    public String constant(float value) {
        return put("constant", new Constant(null, new float[] {value}, null));
    }

    private String put(String kind, Constant constant) {
        String name = fresh(kind);
        constants.put(name, constant);
        return name;
    }

    @Override
    public String node(String type, Map<String, ?> attributes, String... inputs) {
        String name = fresh(layer(inputs, type));
        nodes.add(new OnnxNode(name, type, attributes, List.of(inputs), name + ".y"));
        return name + ".y";
    }

    /** The layer whose parameter is an input, else the operator's name. */
    private static String layer(String[] inputs, String type) {
        for (String in : inputs) {
            if (in.endsWith(".weight")) return Parameter.layerName(in);
        }
        return type;
    }

    private String fresh(String wanted) {
        String name = wanted;
        while (!taken.add(name)) name = wanted + "_" + numbers.merge(wanted, 1, Integer::sum);
        return name;
    }
}
