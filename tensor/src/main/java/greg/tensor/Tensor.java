package greg.tensor;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;

/**
 * A shape and the storage behind it, on one backend; it is part of the tape when it requires a gradient.
 *
 * <p>Results of ops belong to the innermost open {@link Scope} and are gone when it closes. Tensors made by the factory
 * methods here (parameters, buffers, inputs) belong to the caller, who {@linkplain #close() closes} them or hands them to
 * a scope with {@link Scope#own(Tensor)}.
 */
public final class Tensor implements AutoCloseable {
    private final Backend backend;
    private final Shape shape;
    private final Storage storage;
    private final boolean requiresGrad;
    private final Node node;
    private Storage gradient;
    /** The scope that the gradient of a leaf belongs to. */
    private Scope gradientScope;
    /** Where the gradient of a leaf goes, or null for any storage. */
    private Storage gradientSlot;
    /** The scope in which the slot was last given to a rule. */
    private Scope slotScope;

    Tensor(Backend backend, Shape shape, Storage storage, boolean requiresGrad, Node node) {
        if (storage.length() != shape.size()) {
            throw new IllegalArgumentException(
                    "tensor: shape " + shape + " has " + shape.size() + " elements, the storage " + storage.length());
        }
        this.backend = backend;
        this.shape = shape;
        this.storage = storage;
        this.requiresGrad = requiresGrad;
        this.node = node;
    }

    /** A float tensor filled with {@code value}. */
    public static Tensor full(Backend backend, Shape shape, float value) {
        Tensor t = new Tensor(backend, shape, backend.memory().allocate(DType.FLOAT32, shape.size()), false, null);
        backend.transfer().fill(t.storage, value);
        return t;
    }

    /** Zeros in the shape and with the room of another tensor: its moving average, or its mask. */
    public static Tensor zerosLike(Tensor other) {
        Storage storage = other.backend.memory().like(other.storage);
        other.backend.transfer().fill(storage, 0);
        return new Tensor(other.backend, other.shape, storage, false, null);
    }

    /** A float tensor with these values, row-major (NCHW). */
    public static Tensor of(Backend backend, Shape shape, float... values) {
        check(shape, values.length);
        return fromHost(backend, shape, backend.memory().allocate(DType.FLOAT32, shape.size()), values, false);
    }

    /** A leaf that requires a gradient, with these values, row-major. */
    public static Tensor parameter(Backend backend, Shape shape, float... values) {
        check(shape, values.length);
        return fromHost(backend, shape, backend.memory().parameter(shape.dims()), values, true);
    }

    /** A leaf that requires a gradient, all zeros. */
    public static Tensor zeroParameter(Backend backend, Shape shape) {
        Storage storage = backend.memory().parameter(shape.dims());
        backend.transfer().fill(storage, 0);
        return new Tensor(backend, shape, storage, true, null);
    }

    private static Tensor fromHost(
            Backend backend, Shape shape, Storage storage, float[] values, boolean requiresGrad) {
        try {
            backend.transfer().upload(values, storage);
            return new Tensor(backend, shape, storage, requiresGrad, null);
        } catch (RuntimeException e) {
            storage.release();
            throw e;
        }
    }

    private static void check(Shape shape, int values) {
        if (values != shape.size()) {
            throw new IllegalArgumentException(
                    "tensor: shape " + shape + " needs " + shape.size() + " values, got " + values);
        }
    }

    /** An INT32 tensor (class labels, indices). */
    public static Tensor ofInts(Backend backend, Shape shape, int... values) {
        check(shape, values.length);
        Storage storage = backend.memory().allocate(DType.INT32, shape.size());
        backend.transfer().upload(values, storage);
        return new Tensor(backend, shape, storage, false, null);
    }

    /** Wraps a storage; the tensor takes ownership of the reference. */
    public static Tensor wrap(Backend backend, Shape shape, Storage storage) {
        return new Tensor(backend, shape, storage, false, null);
    }

    /** Where it lives. */
    public Backend backend() {
        return backend;
    }

    /** Logical dimensions. */
    public Shape shape() {
        return shape;
    }

    /** The device memory; the order of its elements is up to the backend. */
    public Storage storage() {
        return storage;
    }

    /** Whether backpropagation computes a gradient for it. */
    public boolean requiresGrad() {
        return requiresGrad;
    }

    /** The op application that produced it, or null for a leaf or an untracked result. */
    public Node node() {
        return node;
    }

    /** Gradient of the last {@link Backprop#run}, or null: before it, and after the scope it ran in has closed. */
    public Storage gradient() {
        if (gradientScope != null && !gradientScope.isOpen()) return null;
        return gradient != null && gradient.live() ? gradient : null;
    }

    /**
     * Gives the gradient a storage of its own, in which each {@link Backprop#run} leaves it from now on, so that its address is
     * the same in every step. Without one, and for a second run within one scope, it gets some storage that belongs to the
     * scope.
     *
     * @param slot {@linkplain greg.kernels.Memory#like like} this tensor's, and live until it is taken back by {@code null}
     * @throws IllegalStateException for a tensor that is not a leaf with a gradient
     */
    public void gradientSlot(Storage slot) {
        if (!requiresGrad || node != null) {
            throw new IllegalStateException("gradient slot of " + this + ": expected a leaf that requires a gradient");
        }
        gradientSlot = slot;
        slotScope = null;
    }

    /** Where the gradient goes, or null for any storage. */
    public Storage gradientSlot() {
        return gradientSlot;
    }

    /** The slot with a reference for one rule in each scope; null for all others, and where there is no slot. */
    Storage takeGradientSlot() {
        if (gradientSlot == null || slotScope != null && slotScope.isOpen()) return null;
        slotScope = Scope.current();
        return gradientSlot.retain();
    }

    /** The gradient as a host array, row-major. */
    public float[] gradientToHost() {
        Storage g = gradient();
        if (g == null)
            throw new IllegalStateException("gradient of " + shape + ": run Backprop first, inside the scope");
        float[] out = new float[Math.toIntExact(shape.size())];
        backend.transfer().download(g, shape.dims(), out);
        return out;
    }

    void gradient(Storage value) {
        gradient = value;
        gradientScope = null;
    }

    /** The gradient of a leaf: the current scope owns the reference. */
    void leafGradient(Storage value) {
        gradientScope = Scope.current();
        gradient = gradientScope.own(value);
    }

    /** All values as a dense row-major (NCHW) host array; waits for the device. */
    public float[] toHost() {
        float[] out = new float[Math.toIntExact(shape.size())];
        backend.transfer().download(storage, shape.dims(), out);
        return out;
    }

    /** Overwrites all values, row-major. */
    public void set(float... values) {
        if (values.length != shape.size()) {
            throw new IllegalArgumentException(
                    "set: shape " + shape + " needs " + shape.size() + " values, got " + values.length);
        }
        backend.transfer().upload(values, storage);
    }

    /** The only value of a one-element tensor. */
    public float item() {
        if (shape.size() != 1) throw new IllegalStateException("item: expected one element, shape is " + shape);
        return toHost()[0];
    }

    /** Releases the memory; for tensors that no scope owns. */
    @Override
    public void close() {
        storage.release();
    }

    @Override
    public String toString() {
        return "Tensor" + shape + (requiresGrad ? " requiresGrad" : "") + " on " + backend.name();
    }
}
