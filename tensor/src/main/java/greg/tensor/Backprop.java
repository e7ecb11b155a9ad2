package greg.tensor;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reverse-mode differentiation: runs the gradient rules of the tape from a loss back to the leaves; the only place that
 * accumulates gradients.
 */
public final class Backprop {
    private Backprop() {}

    /**
     * Computes d loss / d leaf for every leaf that requires a gradient. Leaf gradients are read with {@link
     * Tensor#gradient()} and belong to the current scope; a second run replaces those of the leaves it reaches. When a rule
     * fails, intermediate gradients are released before the error is rethrown.
     *
     * @param loss one element, on the tape
     */
    public static void run(Tensor loss) {
        run(loss, 1, null);
    }

    /**
     * As above, for {@code weight} times the loss.
     *
     * @param done told of each leaf as soon as its gradient is complete, so that it can travel while the others are computed, in an
     *     order that the tape alone decides; or null
     */
    public static void run(Tensor loss, float weight, Consumer<Tensor> done) {
        if (loss.shape().size() != 1) {
            throw new IllegalArgumentException("backprop: expected a loss of one element, got shape " + loss.shape());
        }
        if (!loss.requiresGrad() || loss.node() == null) {
            throw new IllegalArgumentException(
                    "backprop: the loss does not depend on anything that requires a gradient");
        }
        Backend backend = loss.backend();
        PriorityQueue<Node> pending =
                new PriorityQueue<>(Comparator.comparingLong(Node::order).reversed());
        forgetOldGradients(loss, pending);
        Storage one = backend.memory().allocate(DType.FLOAT32, 1);
        backend.transfer().fill(one, weight);
        loss.gradient(one);
        Map<Tensor, Integer> readers = done == null ? Map.of() : readersOfLeaves(pending);
        try {
            while (!pending.isEmpty()) {
                Node node = pending.poll();
                step(node, backend);
                if (done != null) tellOfLeaves(node, readers, done);
            }
        } finally {
            // not empty only after an error: no scope owns the gradients of intermediate values
            for (Node node : pending) {
                Storage g = node.output().gradient();
                node.output().gradient(null);
                if (g != null) g.release();
            }
        }
    }

    /** For each leaf that requires a gradient how often nodes read it. */
    private static Map<Tensor, Integer> readersOfLeaves(Iterable<Node> nodes) {
        Map<Tensor, Integer> readers = new IdentityHashMap<>();
        for (Node node : nodes) {
            for (Tensor input : node.inputs()) {
                if (input.requiresGrad() && input.node() == null) readers.merge(input, 1, Integer::sum);
            }
        }
        return readers;
    }

    private static void tellOfLeaves(Node node, Map<Tensor, Integer> readers, Consumer<Tensor> done) {
        for (Tensor input : node.inputs()) {
            if (readers.computeIfPresent(input, (leaf, left) -> left - 1) != null && readers.get(input) == 0) {
                readers.remove(input);
                if (input.gradient() != null) done.accept(input);
            }
        }
    }

    /** Collects the nodes that take part, and clears what an earlier run left on their tensors. */
    private static void forgetOldGradients(Tensor loss, PriorityQueue<Node> pending) {
        Set<Node> seen = new HashSet<>();
        Deque<Node> stack = new ArrayDeque<>(List.of(loss.node()));
        seen.add(loss.node());
        while (!stack.isEmpty()) {
            Node node = stack.pop();
            pending.add(node);
            for (Tensor input : node.inputs()) {
                input.gradient(null);
                Node producer = input.node();
                if (producer != null && input.requiresGrad() && seen.add(producer)) stack.push(producer);
            }
        }
    }

    private static void step(Node node, Backend backend) {
        Tensor output = node.output();
        Storage dy = output.gradient();
        if (dy == null) return; // the output does not influence the loss
        output.gradient(null);
        Storage[] gradients;
        try {
            gradients = node.op().backward(dy);
        } finally {
            dy.release();
        }
        List<Tensor> inputs = node.inputs();
        checkRule(node, gradients);
        for (int i = 0; i < inputs.size(); i++) {
            if (gradients[i] == null) continue;
            if (!inputs.get(i).requiresGrad() || node.op().added(i)) gradients[i].release();
            else accumulate(inputs.get(i), gradients[i], backend);
        }
    }

    /** A released gradient would look like none at all, and everything upstream would silently get no gradient. */
    private static void checkRule(Node node, Storage[] gradients) {
        List<Tensor> inputs = node.inputs();
        if (gradients.length != inputs.size()) {
            throw new IllegalStateException("backprop: the rule of " + node.op().name() + " returned "
                    + gradients.length + " gradients for " + inputs.size() + " inputs");
        }
        for (int i = 0; i < gradients.length; i++) {
            Storage g = gradients[i];
            if (g == null && inputs.get(i).requiresGrad()) {
                throw new IllegalStateException("backprop: the rule of "
                        + node.op().name() + " returned no gradient for input " + i + ", which requires one");
            }
            if (g != null && !g.live()) {
                throw new IllegalStateException(
                        "backprop: the rule of " + node.op().name() + " returned a gradient for input " + i
                                + " that is released; a returned dy must be retained");
            }
            if (g != null && g.length() != inputs.get(i).shape().size()) {
                throw new IllegalStateException(
                        "backprop: the rule of " + node.op().name() + " returned " + g.length() + " elements for input "
                                + i + " of shape " + inputs.get(i).shape());
            }
        }
    }

    /** gradient(x) += g, in place where nothing else holds the storage. The order of the additions is fixed by the tape. */
    private static void accumulate(Tensor x, Storage g, Backend backend) {
        Storage sum = x.gradient();
        boolean leaf = x.node() == null;
        if (sum == null) {
            if (leaf) x.leafGradient(inSlot(x, g, backend));
            else x.gradient(g);
            return;
        }
        int[] dims = x.shape().dims();
        if (sum.exclusive() || sum == x.gradientSlot()) {
            backend.elementwise().add(dims, sum, g, sum);
            g.release();
            return;
        }
        Storage fresh = g.exclusive() ? g : backend.memory().like(g);
        backend.elementwise().add(dims, sum, g, fresh);
        if (fresh != g) g.release();
        if (leaf) {
            x.leafGradient(fresh); // the first term stays with the scope that owns it
        } else {
            sum.release();
            x.gradient(fresh);
        }
    }

    /** The first term of a leaf's gradient, moved to where that has its place if the rule has left it elsewhere. */
    private static Storage inSlot(Tensor leaf, Storage g, Backend backend) {
        if (g == leaf.gradientSlot()) return g;
        Storage slot = leaf.takeGradientSlot();
        if (slot == null) return g;
        backend.transfer().copy(g, slot);
        g.release();
        return slot;
    }
}
