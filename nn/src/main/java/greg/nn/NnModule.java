package greg.nn;

import greg.kernels.Backend;
import greg.nn.init.Init;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
    /** Whether a {@link #call} is under way on this thread. */
    private static final ThreadLocal<Boolean> CALLED = ThreadLocal.withInitial(() -> false);

    private static final Pattern NAME = Pattern.compile("[^.,;=\\s]+");

    private final Backend backend;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, Parameter> buffers = new LinkedHashMap<>();
    private final Map<String, NnModule> children = new LinkedHashMap<>();
    private boolean training = true;

    protected NnModule(Backend backend) {
        this.backend = backend;
    }

    /**
     * What the module computes, inside the current {@link greg.tensor.Scope}. Modules implement it and parent modules call
     * it; to apply a whole network, use {@link #call}.
     */
    public abstract Tensor forward(Tensor x);

    /**
     * Applies the network: {@link #forward}, after the backend has been told how many channels the network's convolutions read,
     * by which it chooses one layout of activations for all of them. The numbers are read from the parameters at each call,
     * so they follow surgery, and it does not matter whether other networks have used the backend in between. Inside another
     * call, as when a module calls its parts, this is just {@link #forward}.
     */
    public final Tensor call(Tensor x) {
        if (CALLED.get()) return forward(x);
        CALLED.set(true);
        try {
            backend.expectChannels(ConvolutionInputs.of(this));
            return forward(x);
        } finally {
            CALLED.set(false);
        }
    }

    /**
     * Seeds the random numbers that the module draws in training (dropout). Most modules draw none and do not override this;
     * see {@link Initializer#seedDropout}.
     */
    public void seed(long seed) {}

    /**
     * Input channels of the convolution whose filters are {@code weight}, a parameter of rank 4 of this module: its second
     * dimension. Modules with grouped convolutions override this, since there it is the number per group. Affects speed
     * only.
     */
    protected int inputChannels(Parameter weight) {
        return weight.tensor().shape().dim(1);
    }

    /**
     * The name here of the tensor that a file calls {@code name}, for networks whose published checkpoints use other names than
     * theirs; asked of the whole network. Most have PyTorch's names and do not override this.
     */
    protected String nameOf(String name) {
        return name;
    }

    /** Where the parameters live. */
    public final Backend backend() {
        return backend;
    }

    /** Registers a trainable tensor under any name; zero until initialised ({@link Init#DEFAULT}) or loaded. */
    protected final Parameter parameter(String name, Shape shape) {
        return parameter(name, shape, Init.DEFAULT);
    }

    /** As {@link #parameter(String, Shape)}, with a choice of its initial values. */
    protected final Parameter parameter(String name, Shape shape, Init init) {
        claim(name);
        Parameter p = new Parameter(Tensor.zeroParameter(backend, shape), init);
        parameters.put(name, p);
        return p;
    }

    /** Registers a tensor that is saved but not trained (running statistics). */
    protected final Parameter buffer(String name, Shape shape, float value) {
        claim(name);
        Parameter b = new Parameter(Tensor.full(backend, shape, value), Init.constant(value));
        buffers.put(name, b);
        return b;
    }

    /** Registers a child under a name, which may be a number as in PyTorch's Sequential. */
    protected final <M extends NnModule> M child(String name, M module) {
        claim(name);
        children.put(name, module);
        return module;
    }

    /** Names must be unique; they are joined by dots and listed in pruning plans, hence the forbidden characters. */
    private void claim(String name) {
        boolean taken = parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name);
        if (taken || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("module " + getClass().getSimpleName() + ": "
                    + (taken
                            ? "there is a parameter, buffer or child '" + name + "' already"
                            : "expected a name without any of . , ; = and blanks, got '" + name + "'"));
        }
    }

    /** This module's own parameters by local name. */
    public final Map<String, Parameter> ownParameters() {
        return parameters;
    }

    /** This module's own buffers by local name. */
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

    /**
     * All trainable tensors by dotted name, in PyTorch's order. Those of a module that is used in several places appear
     * once, under its first name.
     */
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit((path, m) -> m.parameters.forEach((name, p) -> {
            if (seen.add(p)) all.put(join(path, name), p);
        }));
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

    /** Puts this module and all below it in training mode (true) or evaluation mode (false). */
    public final NnModule train(boolean on) {
        visit((path, m) -> m.training = on);
        return this;
    }

    /** As {@code train(false)}. */
    public final NnModule eval() {
        return train(false);
    }

    /**
     * Evaluation mode for this module and all below it until the scope closes, which restores the mode that each of them was
     * in: {@code try (NnModule.Evaluation scope = net.evaluating()) {...}}.
     */
    public final Evaluation evaluating() {
        Evaluation scope = new Evaluation(this);
        eval();
        return scope;
    }

    /** See {@link #evaluating()}. */
    public static final class Evaluation implements AutoCloseable {
        private final Map<NnModule, Boolean> modes = new IdentityHashMap<>();

        private Evaluation(NnModule root) {
            root.visit((path, m) -> modes.put(m, m.training));
        }

        /** Restores the modes; a second call does nothing. */
        @Override
        public void close() {
            modes.forEach((module, on) -> module.training = on);
            modes.clear();
        }
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

    /** Frees all parameters and buffers of this module and all below it; a second call does nothing. */
    @Override
    public void close() {
        Set<Parameter> all = Collections.newSetFromMap(new IdentityHashMap<>());
        visit((path, m) -> {
            all.addAll(m.parameters.values());
            all.addAll(m.buffers.values());
        });
        all.forEach(Parameter::close);
    }
}
