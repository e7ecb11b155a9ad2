package greg.nn.onnx;

import java.util.List;
import java.util.Map;

/**
 * A node with one output.
 *
 * @param name of the layer, where one of its inputs is a parameter of one
 * @param attributes {@code Long}, {@code Float} or {@code long[]} by name
 */
record OnnxNode(String name, String type, Map<String, ?> attributes, List<String> inputs, String output) {
    OnnxNode {
        inputs = List.copyOf(inputs);
    }

    OnnxNode withInputs(List<String> others) {
        return new OnnxNode(name, type, attributes, others, output);
    }

    OnnxNode withOutput(String other) {
        return new OnnxNode(name, type, attributes, inputs, other);
    }
}
