package greg.nn;

import greg.datasets.random.SplitMix;
import greg.nn.init.Init;
import greg.tensor.Tensor;

/**
 * A trainable tensor that belongs to a module, with the {@link Init} of its values. Surgery replaces the tensor by a smaller
 * one, which code that holds the parameter then sees. A {@linkplain #mask mask} holds single elements at zero instead.
 */
public final class Parameter implements AutoCloseable {
    private static final String WEIGHT = "weight";

    private Tensor tensor;
    private Init init;
    private Tensor mask;
    private boolean closed;

    /** Takes ownership of {@code tensor}. */
    Parameter(Tensor tensor, Init init) {
        this.tensor = tensor;
        this.init = init;
    }

    /**
     * The name by which users know the layer of a weight: the path of its module where the weight is that module's {@code
     * weight}, else the weight's own name, since a module may have several.
     *
     * @param parameter full name of the weight, e.g. {@code layer1.0.conv1.weight}
     */
    public static String layerName(String parameter) {
        return parameter.endsWith("." + WEIGHT)
                ? parameter.substring(0, parameter.length() - WEIGHT.length() - 1)
                : parameter;
    }

    /** The current value. */
    public Tensor tensor() {
        return tensor;
    }

    /**
     * Replaces the tensor and frees the old one.
     *
     * @throws IllegalStateException if the parameter is masked and the new tensor has another shape
     */
    public void replace(Tensor fresh) {
        if (mask != null && !mask.shape().equals(fresh.shape())) {
            throw new IllegalStateException("parameter: expected a tensor of the mask's shape " + mask.shape()
                    + ", got " + fresh.shape() + "; cut a network before it is masked");
        }
        Tensor old = tensor;
        tensor = fresh;
        old.close();
    }

    /** Chooses the initial values; takes effect with the next {@link Initializer#initialize}. */
    public void init(Init other) {
        init = other;
    }

    /** Draws its initial values. */
    void initialize(SplitMix random) {
        float[] values = new float[Math.toIntExact(tensor.shape().size())];
        init.fill(values, tensor.shape(), random);
        tensor.set(values);
    }

    /**
     * Holds single elements at zero: now, and after every step of an optimizer from now on. Replaces an earlier mask. State dicts do
     * not contain it.
     *
     * @param keep one for each element, row-major: 1, or 0 for those that are held at zero
     */
    public void mask(float... keep) {
        if (keep.length != tensor.shape().size()) {
            throw new IllegalArgumentException("parameter: expected a mask of "
                    + tensor.shape().size() + " elements for shape " + tensor.shape() + ", got " + keep.length);
        }
        Tensor old = mask;
        mask = Tensor.zerosLike(tensor);
        mask.set(keep);
        if (old != null) old.close();
        zeroMasked();
    }

    /** The mask, of the tensor's shape, or null if nothing is held at zero. */
    public Tensor mask() {
        return mask;
    }

    /** Zeroes the masked elements again after other values were written; does nothing without a mask. */
    public void zeroMasked() {
        if (mask == null) return;
        float[] keep = mask.toHost();
        float[] values = tensor.toHost();
        // -0 stays: what an optimizer left must come out of a checkpoint with the same bits
        for (int i = 0; i < values.length; i++) if (keep[i] == 0 && values[i] != 0) values[i] = 0;
        tensor.set(values);
    }

    /** Frees the tensor and the mask; a second call does nothing. */
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        tensor.close();
        if (mask != null) mask.close();
    }
}
