package greg.pruning.testing;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.tensor.ChannelRoute;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.BiasOp;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.GateOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.LinearOp;
import greg.tensor.op.MulOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ShortcutOp;
import greg.tensor.op.UpsampleNearestOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A network that is built operation by operation and keeps its own record of which channels must be removed together, with
 * which the result of the channel graph's tracing is compared.
 */
public final class SketchNet extends NnModule {
    /**
     * Something computed.
     *
     * @param id its number
     * @param size height and width; 0 for features (N, C)
     * @param labels its channels
     */
    public record Value(int id, int size, int[] labels) {
        /** Number of channels. */
        public int channels() {
            return labels.length;
        }
    }

    /** A weight that may be applied several times, and the channels that it produces and reads. */
    public record Weight(NnModule module, String name, int groups, int[] rows, int[] columns) {}

    /** Which channels the rows and columns of a parameter belong to; no columns where those are never removed. */
    public record Account(int[] rows, int[] columns) {}

    private final Labels labels = new Labels();
    private final Map<String, Account> accounts = new LinkedHashMap<>();
    private final List<Function<Tensor[], Tensor>> steps = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private int parts;
    private Value result;

    /** What {@link #forward} is applied to. */
    public final Value image;

    public SketchNet(Backend backend, int planes, int size) {
        super(backend);
        steps.add(null);
        image = new Value(0, size, labels.fresh(planes));
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor[] values = new Tensor[steps.size()];
        values[0] = x;
        for (int i = 1; i < values.length; i++) values[i] = steps.get(i).apply(values);
        return values[result.id];
    }

    private Value step(String what, int size, int[] channels, Function<Tensor[], Tensor> compute) {
        steps.add(compute);
        int id = steps.size() - 1;
        text.append(String.format("%n  v%d = %s: %d x %d", id, what, channels.length, size));
        return new Value(id, size, labels.list(channels));
    }

    private Value unary(String what, Value in, int size, int[] channels, UnaryOperator<Tensor> compute) {
        return step(what + " v" + in.id, size, channels, v -> compute.apply(v[in.id]));
    }

    private String name() {
        return "p" + parts++;
    }

    private void account(String name, int[] rows, int[] columns) {
        int[] columnLabels = columns == null ? new int[0] : columns.clone();
        accounts.put(name, new Account(labels.list(rows.clone()), labels.list(columnLabels)));
    }

    /**
     * A convolution that keeps height and width; not applied yet. {@code odd}: its parameters are not called weight and
     * bias.
     */
    public Weight conv(int in, int out, int kernel, int groups, boolean bias, boolean odd) {
        String name = name();
        Conv2dOptions options = Conv2dOptions.DEFAULT.padding(kernel / 2).groups(groups);
        NnModule module = child(
                name,
                odd
                        ? new Odd(backend(), Shape.of(out, in / groups, kernel, kernel), options, bias)
                        : new Conv2d(backend(), in, out, kernel, options, bias));
        int[] rows = labels.fresh(out);
        int[] columns = labels.fresh(in);
        boolean depthwise = groups > 1 && groups == in;
        int perGroup = in / groups;
        int filters = out / groups;
        for (int o = 0; o < out; o++) {
            if (depthwise) labels.same(columns[o / filters], rows[o]);
            else labels.same(rows[o % filters], rows[o]);
        }
        for (int i = 0; i < in && !depthwise; i++) labels.same(columns[i % perGroup], columns[i]);
        String full = name + (odd ? ".kernel" : ".weight");
        account(full, rows, depthwise ? null : Arrays.copyOf(columns, perGroup));
        if (bias) account(name + (odd ? ".offset" : ".bias"), rows, null);
        return new Weight(module, full, groups, rows, columns);
    }

    /** Applies a convolution; may be called repeatedly. */
    public Value apply(Weight conv, Value x) {
        labels.same(conv.columns, x.labels);
        String what = conv.name + (conv.groups > 1 ? " (" + conv.groups + " groups)" : "");
        return unary(what, x, x.size, conv.rows.clone(), conv.module::forward);
    }

    /** The two convolutions of a module that owns all their parameters itself. */
    public Value duo(Value x, int mid, int out) {
        String name = name();
        Duo module = child(name, new Duo(backend(), x.channels(), mid, out));
        int[] between = labels.fresh(mid);
        int[] rows = labels.fresh(out);
        account(name + ".front", between, x.labels);
        account(name + ".back", rows, between);
        for (String part : List.of("_scale", "_shift", "_mean", "_variance")) {
            account(name + ".front" + part, between, null);
            account(name + ".back" + part, rows, null);
        }
        return unary("duo " + name, x, x.size, rows.clone(), module::forward);
    }

    /** A batch normalization; not applied yet. */
    public Weight norm(int channels) {
        String name = name();
        BatchNorm2d module = child(name, new BatchNorm2d(backend(), channels));
        int[] rows = labels.fresh(channels);
        for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
            account(name + "." + part, rows, null);
        }
        return new Weight(module, name, 1, rows, rows);
    }

    /** Applies a batch normalization, alone or with what follows it in one op. */
    public Value normalize(Weight norm, Value x, boolean relu) {
        labels.same(norm.rows, x.labels);
        BatchNorm2d module = (BatchNorm2d) norm.module;
        return unary(
                norm.name + " norm",
                x,
                x.size,
                x.labels.clone(),
                t -> relu ? module.forwardRelu(t) : module.forward(t));
    }

    /** max(norm(x) + y, 0) in one op. */
    public Value normalizeAdd(Weight norm, Value x, Value y) {
        labels.same(norm.rows, x.labels);
        labels.same(x.labels, y.labels);
        BatchNorm2d module = (BatchNorm2d) norm.module;
        return step(
                norm.name + " norm v" + x.id + " + v" + y.id,
                x.size,
                x.labels.clone(),
                v -> module.forwardAddRelu(v[x.id], v[y.id]));
    }

    /** A linear layer of features. */
    public Value linear(Value x, int out, boolean odd) {
        String name = name();
        NnModule module = child(
                name,
                odd
                        ? new Odd(backend(), Shape.of(out, x.channels()), null, true)
                        : new Linear(backend(), x.channels(), out, true));
        int[] rows = labels.fresh(out);
        account(name + (odd ? ".kernel" : ".weight"), rows, x.labels);
        account(name + (odd ? ".offset" : ".bias"), rows, null);
        return unary(name + " linear", x, 0, rows.clone(), module::forward);
    }

    /** An elementwise op. */
    public Value pointwise(String what, Value x, UnaryOperator<Tensor> op) {
        return unary(what, x, x.size, x.labels.clone(), op);
    }

    /** Half the height and width. */
    public Value pool(Value x, Kind kind) {
        return unary(kind + " pool", x, x.size / 2, x.labels.clone(), t -> Pool2dOp.apply(t, kind, 2, 2, 0, false));
    }

    /** One position, as features or as an image of one pixel. */
    public Value mean(Value x, boolean features) {
        return features
                ? unary("mean", x, 0, x.labels.clone(), GlobalAveragePoolOp::apply)
                : unary("mean pixel", x, 1, x.labels.clone(), t -> Pool2dOp.apply(t, Kind.AVG, x.size, 1, 0, false));
    }

    /** Twice the height and width. */
    public Value upsample(Value x) {
        return unary("upsample", x, 2 * x.size, x.labels.clone(), t -> UpsampleNearestOp.apply(t, 2));
    }

    /** Features, each channel's positions in a row. */
    public Value flatten(Value x) {
        int positions = x.size * x.size;
        int[] all = new int[x.channels() * positions];
        for (int i = 0; i < all.length; i++) all[i] = x.labels[i / positions];
        return unary("flatten", x, 0, all, FlattenOp::apply);
    }

    /** All channels of both. */
    public Value concat(Value a, Value b) {
        int[] all = Arrays.copyOf(a.labels, a.channels() + b.channels());
        System.arraycopy(b.labels, 0, all, a.channels(), b.channels());
        return step("concat v" + a.id + ", v" + b.id, a.size, all, v -> ConcatOp.apply(v[a.id], v[b.id]));
    }

    /** Channel by channel. */
    public Value add(Value a, Value b) {
        labels.same(a.labels, b.labels);
        return step("v" + a.id + " + v" + b.id, a.size, a.labels.clone(), v -> AddOp.apply(v[a.id], v[b.id]));
    }

    /** Element by element. */
    public Value multiply(Value a, Value b) {
        labels.same(a.labels, b.labels);
        return step("v" + a.id + " * v" + b.id, a.size, a.labels.clone(), v -> MulOp.apply(v[a.id], v[b.id]));
    }

    /** Each channel by its factor. */
    public Value gate(Value x, Value gate) {
        labels.same(x.labels, gate.labels);
        return step(
                "v" + x.id + " gated by v" + gate.id, x.size, x.labels.clone(), v -> GateOp.apply(v[x.id], v[gate.id]));
    }

    /** A shortcut without parameters to {@code out} channels, at full size. */
    public Value route(Value x, int out, int before) {
        ChannelRoute route = ChannelRoute.padded(x.channels(), out, before);
        return unary("route", x, x.size, labels.fresh(out), t -> ShortcutOp.apply(t, route, 1));
    }

    /** What {@link #forward} returns. */
    public SketchNet returning(Value y) {
        result = y;
        return this;
    }

    /** The channels that cannot be removed: the image's planes and the result's. */
    public Set<Integer> fixed() {
        Set<Integer> fixed = new HashSet<>();
        for (Value value : List.of(image, result)) for (int label : value.labels) fixed.add(label);
        return fixed;
    }

    /** Which channels the rows and columns of every parameter and buffer belong to, by its full name. */
    public Map<String, Account> accounts() {
        return accounts;
    }

    @Override
    public String toString() {
        return "network on " + image.channels() + " x " + image.size + text
                + String.format("%n  returns v%d", result.id);
    }

    /** A weight and an offset with unusual names; the offset of a convolution is an op of its own. */
    private static final class Odd extends NnModule {
        private final Parameter kernel;
        private final Parameter offset;
        private final Conv2dOptions options;

        Odd(Backend backend, Shape shape, Conv2dOptions options, boolean offset) {
            super(backend);
            this.kernel = parameter("kernel", shape);
            this.offset = offset ? parameter("offset", Shape.of(shape.dim(0))) : null;
            this.options = options;
        }

        @Override
        public Tensor forward(Tensor x) {
            if (options == null) return LinearOp.apply(x, kernel.tensor(), offset.tensor());
            boolean depthwise = options.groups() > 1 && kernel.tensor().shape().dim(1) == 1;
            Conv2dOptions now = depthwise ? options.groups(x.shape().dim(1)) : options;
            Tensor y = Conv2dOp.apply(x, kernel.tensor(), null, now);
            return offset == null ? y : BiasOp.apply(y, offset.tensor(), false);
        }
    }
}
