package greg.nn;

import greg.datasets.random.SplitMix;
import greg.nn.init.Init;
import greg.tensor.Tensor;

/**
 * A trainable tensor with its place in a module, and how it starts. Surgery replaces the tensor by a smaller one; whoever
 * holds the parameter sees the new one.
 */
public final class Parameter {
    private Tensor tensor;
    private Init init;

    /** Takes over {@code tensor}. */
    Parameter(Tensor tensor, Init init) {
        this.tensor = tensor;
        this.init = init;
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

    /** Chooses how it starts; takes effect with the next {@link Initializer#initialize}. */
    public void init(Init other) {
        init = other;
    }

    /** Draws its initial values. */
    void initialize(SplitMix random) {
        float[] values = new float[Math.toIntExact(tensor.shape().size())];
        init.fill(values, tensor.shape(), random);
        tensor.set(values);
    }
}
