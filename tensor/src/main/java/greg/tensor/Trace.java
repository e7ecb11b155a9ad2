package greg.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * Records every op application of this thread while open, whether or not gradients are required. Run on {@link
 * greg.kernels.dry.DryBackend} it yields a network's structure without computing anything.
 */
public final class Trace implements AutoCloseable {
    private static final ThreadLocal<Trace> CURRENT = new ThreadLocal<>();

    private final Trace outer = CURRENT.get();
    private final List<Node> nodes = new ArrayList<>();

    private Trace() {}

    /** Starts recording. */
    public static Trace begin() {
        Trace trace = new Trace();
        CURRENT.set(trace);
        return trace;
    }

    static Trace current() {
        return CURRENT.get();
    }

    void add(Node node) {
        nodes.add(node);
    }

    /** The applications so far, in order. */
    public List<Node> nodes() {
        return nodes;
    }

    @Override
    public void close() {
        CURRENT.set(outer);
    }
}
