package greg.nn;

import greg.tensor.Tensor;

/**
 * A trainable tensor with its place in a module. Surgery replaces the tensor by a smaller one; whoever holds the parameter
 * sees the new one.
 */
public final class Parameter {
    private Tensor tensor;

    /** Takes over {@code tensor}. */
    public Parameter(Tensor tensor) {
        this.tensor = tensor;
    }

    /** The current value. */
    public Tensor tensor() {
        return tensor;
    }

    /** Puts another tensor in its place and frees the old one. */
    public void replace(Tensor fresh) {
        Tensor old = tensor;
        tensor = fresh;
        old.close();
    }
}
