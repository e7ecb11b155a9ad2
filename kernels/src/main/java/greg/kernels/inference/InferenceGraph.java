package greg.kernels.inference;

import java.util.List;

/**
 * A network's forward pass on one image. Value 0 is the image, value i + 1 the result of node i, and the last value the output.
 *
 * @param input (1, C, H, W) of an image
 * @param nodes in an order in which they can be computed; at least one
 */
public record InferenceGraph(int[] input, List<InferenceNode> nodes) {
    /** Copies the list. */
    public InferenceGraph {
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty()) throw new IllegalArgumentException("inference: expected at least one operation, got none");
    }

    /** (1, C, H, W) of a value. */
    public int[] dims(int value) {
        return value == 0 ? input : nodes.get(value - 1).yDims();
    }

    /** Elements of a value for one image. */
    public int length(int value) {
        int length = 1;
        for (int dim : dims(value)) length = Math.multiplyExact(length, dim);
        return length;
    }

    /** The number of the network's output. */
    public int output() {
        return nodes.size();
    }

    /** The last node that reads each value, as an index; for the output, the number of nodes. */
    public int[] lastReaders() {
        int[] last = new int[nodes.size() + 1];
        for (int i = 0; i < nodes.size(); i++) {
            for (int value : nodes.get(i).inputs()) last[value] = i;
        }
        last[output()] = nodes.size();
        return last;
    }
}
