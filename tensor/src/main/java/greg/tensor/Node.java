package greg.tensor;

import java.util.List;

/** One application of an op on the tape: its inputs and its output. */
public final class Node {
    private final long order;
    private final Op op;
    private final List<Tensor> inputs;
    private Tensor output;

    Node(long order, Op op, List<Tensor> inputs) {
        this.order = order;
        this.op = op;
        this.inputs = inputs;
    }

    /** Position in time; inputs' nodes always have a smaller one. */
    public long order() {
        return order;
    }

    /** The op with what it saved for its gradient rule. */
    public Op op() {
        return op;
    }

    /** The differentiable inputs, in the order in which the rule returns their gradients. */
    public List<Tensor> inputs() {
        return inputs;
    }

    /** The result. */
    public Tensor output() {
        return output;
    }

    void output(Tensor value) {
        output = value;
    }
}
