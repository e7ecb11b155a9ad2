package greg.tensor;

import java.util.Map;

/**
 * A network as ONNX nodes (operator set 17) while it is being exported. Values are strings, as in ONNX; each op adds the nodes that
 * compute its output: {@link Op#onnx}.
 */
public interface OnnxGraph {
    /** The value that holds a tensor: an input or result of an op, a parameter, a buffer. */
    String value(Tensor tensor);

    /** A constant vector of INT64, as ONNX takes shapes, axes and indices. */
    String constant(long... values);

    /** A constant FLOAT scalar. */
    String constant(float value);

    /**
     * Adds a node that has one output.
     *
     * @param type of the operator, e.g. {@code Conv}
     * @param attributes by name: {@code Long}, {@code Float} or {@code long[]}; those with ONNX's default may be left out
     * @return the value of its output
     */
    String node(String type, Map<String, ?> attributes, String... inputs);
}
