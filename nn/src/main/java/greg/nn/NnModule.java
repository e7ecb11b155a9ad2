package greg.nn;

import greg.kernels.Backend;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/**
 * A piece of a network: parameters, buffers and children under names, and a forward function. Names joined by dots are
 * PyTorch's, e.g. {@code layer1.0.conv1.weight}, so checkpoints need no translation.
 *
 * <p>A module must read its sizes from its parameters in {@link #forward}, because surgery makes them smaller; the groups of
 * a depthwise convolution are such a size.
 */
public abstract class NnModule implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("[^.,;=\\s]+");

    private final Backend backend;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, Parameter> buffers = new LinkedHashMap<>();
    private final Map<String, NnModule> children = new LinkedHashMap<>();
    private boolean training = true;

    protected NnModule(Backend backend) {
        this.backend = backend;
    }

    /** Computes the output inside the current {@link greg.tensor.Scope}. */
    public abstract Tensor forward(Tensor x);

    /** Where the parameters live. */
    public final Backend backend() {
        return backend;
    }

    /** Registers a trainable tensor, zero until initialised or loaded. */
    protected final Parameter parameter(String name, Shape shape) {
        claim(name);
        Parameter p = new Parameter(Tensor.zeroParameter(backend, shape));
        parameters.put(name, p);
        return p;
    }

    /** Registers a tensor that is saved but not trained (running statistics). */
    protected final Parameter buffer(String name, Shape shape, float value) {
        claim(name);
        Parameter b = new Parameter(Tensor.full(backend, shape, value));
        buffers.put(name, b);
        return b;
    }

    /** Registers a child under a name, which may be a number as in PyTorch's Sequential. */
    protected final <M extends NnModule> M child(String name, M module) {
        claim(name);
        children.put(name, module);
        return module;
    }

    /** Names are joined by dots and stand in lists of pruning plans, and each is for one thing. */
    private void claim(String name) {
        boolean taken = parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name);
        if (taken || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("module " + getClass().getSimpleName() + ": "
                    + (taken
                            ? "there is a parameter, buffer or child '" + name + "' already"
                            : "expected a name without any of . , ; = and blanks, got '" + name + "'"));
        }
    }

    /** Own parameters by local name. */
    public final Map<String, Parameter> ownParameters() {
        return parameters;
    }

    /** Own buffers by local name. */
    public final Map<String, Parameter> ownBuffers() {
        return buffers;
    }

    /** Children by local name, in order of registration. */
    public final Map<String, NnModule> children() {
        return children;
    }

    /** Visits this module (under the empty name) and all below it, parents first, with dotted names. */
    public final void visit(BiConsumer<String, NnModule> visitor) {
        visit("", visitor);
    }

    private void visit(String path, BiConsumer<String, NnModule> visitor) {
        visitor.accept(path, this);
        children.forEach((name, child) -> child.visit(path.isEmpty() ? name : path + "." + name, visitor));
    }

    /** All trainable tensors by dotted name, in PyTorch's order. */
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        visit((path, m) -> m.parameters.forEach((name, p) -> all.put(join(path, name), p)));
        return all;
    }

    /** All buffers by dotted name. */
    public final Map<String, Parameter> buffers() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        visit((path, m) -> m.buffers.forEach((name, b) -> all.put(join(path, name), b)));
        return all;
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** Switches batch statistics and gradients' bookkeeping on (training) or off (evaluation), all the way down. */
    public final NnModule train(boolean on) {
        visit((path, m) -> m.training = on);
        return this;
    }

    /** As {@code train(false)}. */
    public final NnModule eval() {
        return train(false);
    }

    /** Whether this module is in training mode (the initial one). */
    public final boolean isTraining() {
        return training;
    }

    /** Number of trainable elements. */
    public final long parameterCount() {
        return parameters().values().stream()
                .mapToLong(p -> p.tensor().shape().size())
                .sum();
    }

    /** Frees all parameters and buffers, all the way down. */
    @Override
    public void close() {
        visit((path, m) -> {
            m.parameters.values().forEach(Parameter::close);
            m.buffers.values().forEach(Parameter::close);
        });
    }
}
