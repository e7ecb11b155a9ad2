package greg.tensor;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A differentiable function. A subclass has a static {@code apply} that validates, computes and {@linkplain #record
 * records}, and right under it the gradient rule. An instance is one application: its fields are what the rule needs.
 */
public abstract class Op {
    private static final AtomicLong CLOCK = new AtomicLong(); // several threads may record at the same time
    private Node node;
    private long added;

    /** The op's name in messages and traces: the class name without {@code Op}. */
    public String name() {
        return getClass().getSimpleName().replaceAll("Op$", "");
    }

    /**
     * The gradient rule.
     *
     * @param dy gradient of the output. It belongs to the engine; the rule may overwrite or return it only while it is
     *     {@linkplain Storage#exclusive() exclusive} (a returned {@code dy} must be {@linkplain Storage#retain() retained})
     * @return one storage per input, each with a reference that passes to the engine; null where {@link #needs} is false
     */
    protected abstract Storage[] backward(Storage dy);

    /** How the output's channels relate to the inputs'; the channel graph of the pruners is built from it. */
    public abstract ChannelMap channels();

    /**
     * Tensors with one element for each of the output's channels that are neither input nor output, such as running statistics:
     * these lose a channel together with the output.
     */
    public List<Tensor> channelState() {
        return List.of();
    }

    /** Multiply-accumulates of the forward pass; 0 for ops that the literature does not count. */
    public long macs() {
        return 0;
    }

    /**
     * The same function in ONNX, for inference: adds its nodes to {@code graph}, which has values for the inputs.
     *
     * @return the value of the output; null if the op has no place in a network that is exported, which is then refused
     */
    public String onnx(OnnxGraph graph) {
        return null;
    }

    /**
     * The same function for inference as a whole: adds what computes the output of this application to {@code builder}, which has
     * values for those inputs that depend on the image. Must be the forward pass in evaluation mode up to rounding.
     *
     * @return the value of the output; {@link InferenceBuilder#NONE} if there is no form for it, and the network is then run op by op
     */
    public int infer(InferenceBuilder builder) {
        return InferenceBuilder.NONE;
    }

    /** This application. */
    protected final Node node() {
        return node;
    }

    /** The values of the inputs in ONNX. */
    protected final String[] values(OnnxGraph graph) {
        return node.inputs().stream().map(graph::value).toArray(String[]::new);
    }

    /** The value of input {@code i} for inference. */
    protected final int value(InferenceBuilder builder, int i) {
        return builder.value(node.inputs().get(i));
    }

    /** Whether input {@code i} requires a gradient. */
    protected final boolean needs(int i) {
        return node.inputs().get(i).requiresGrad();
    }

    /** The backend of this application. */
    protected final Backend backend() {
        return node.inputs().get(0).backend();
    }

    /** A dense FLOAT32 storage for the rule; the reference is the caller's. */
    protected final Storage allocate(long length) {
        return backend().memory().allocate(DType.FLOAT32, length);
    }

    /** A storage for the gradient of input {@code i}, a leaf's own if it has one; the reference is the caller's. */
    protected final Storage gradientOf(int i) {
        Tensor input = node.inputs().get(i);
        Storage slot = input.takeGradientSlot();
        return slot != null ? slot : backend().memory().like(input.storage());
    }

    /**
     * The sum of the terms that the gradient of input {@code i} has so far, with a reference: the rule must add its own term to
     * that storage and return it. Null if there is none, or it must not be overwritten: the rule returns its term.
     */
    protected final Storage pending(int i) {
        Tensor input = node.inputs().get(i);
        Storage sum = input.gradient();
        if (sum == null || input.node() == null || !sum.exclusive()) return null;
        added |= 1L << i;
        return sum.retain();
    }

    /** Whether the rule has added its term for input {@code i} to what was {@link #pending}. */
    final boolean added(int i) {
        return (added >>> i & 1) == 1;
    }

    /** {@code dy} itself where the rule may overwrite it, else another storage like it; the reference is the caller's. */
    protected final Storage inPlace(Storage dy) {
        return dy.exclusive() ? dy.retain() : backend().memory().like(dy);
    }

    /** A float output or something saved for the rule, owned by the current scope. */
    protected static Storage scoped(Backend backend, DType type, long length) {
        return Scope.current().own(backend.memory().allocate(type, length));
    }

    /** Storage for the result of an op, owned by the current scope. */
    protected static Storage scoped(Backend backend, Shape shape) {
        return Scope.current().own(backend.memory().activation(shape.dims()));
    }

    /**
     * Makes the result tensor; puts this application on the tape when a gradient is required or a trace is open.
     *
     * @param y owned by the current scope
     */
    protected final Tensor record(Shape shape, Storage y, Tensor... inputs) {
        boolean grad = false;
        if (NoGrad.gradEnabled()) for (Tensor input : inputs) grad |= input.requiresGrad();
        Trace trace = Trace.current();
        Backend backend = inputs[0].backend();
        if (!grad && trace == null) return new Tensor(backend, shape, y, false, null);
        node = new Node(CLOCK.getAndIncrement(), this, List.of(inputs));
        Tensor output = new Tensor(backend, shape, y, grad, node);
        node.output(output);
        if (trace != null) trace.add(node);
        return output;
    }
}
