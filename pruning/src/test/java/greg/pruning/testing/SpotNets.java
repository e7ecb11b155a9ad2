package greg.pruning.testing;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.tensor.ChannelRoute;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.Relu6Op;
import greg.tensor.op.ReluOp;
import greg.tensor.op.ShortcutOp;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Networks that declare nothing for pruning: named layers and a forward function. */
public final class SpotNets {
    private SpotNets() {}

    /** Layers by name, and what is computed with them. */
    public static final class Net extends NnModule {
        private final Map<String, NnModule> layers = new HashMap<>();
        private BiFunction<Net, Tensor, Tensor> function;

        private Net(Backend backend) {
            super(backend);
        }

        private Net conv(String name, int in, int out, int kernel, int stride, int groups, boolean bias) {
            layers.put(
                    name,
                    child(
                            name,
                            new Conv2d(
                                    backend(),
                                    in,
                                    out,
                                    kernel,
                                    Conv2dOptions.DEFAULT
                                            .stride(stride)
                                            .padding(kernel / 2)
                                            .groups(groups),
                                    bias)));
            return this;
        }

        private Net conv(String name, int in, int out, int kernel) {
            return conv(name, in, out, kernel, 1, 1, false);
        }

        private Net norm(String name, int channels) {
            layers.put(name, child(name, new BatchNorm2d(backend(), channels)));
            return this;
        }

        private Net linear(String name, int in, int out) {
            layers.put(name, child(name, new Linear(backend(), in, out, true)));
            return this;
        }

        private Net computing(BiFunction<Net, Tensor, Tensor> f) {
            function = f;
            return this;
        }

        private Tensor run(String name, Tensor x) {
            return layers.get(name).forward(x);
        }

        private Tensor normRelu(String name, Tensor x) {
            return ((BatchNorm2d) layers.get(name)).forwardRelu(x);
        }

        @Override
        public Tensor forward(Tensor x) {
            return function.apply(this, x);
        }
    }

    /** Two branches of 5 and 4 channels side by side, a BN and a convolution after both, features of both at the end. */
    public static Net concat(Backend backend) {
        return new Net(backend)
                .conv("stem", 3, 6, 3)
                .conv("left", 6, 5, 3)
                .conv("right", 6, 4, 1)
                .norm("bn", 9)
                .conv("mix", 9, 7, 3)
                .linear("fc", 16, 3)
                .computing((n, x) -> {
                    Tensor stem = ReluOp.apply(n.run("stem", x));
                    Tensor both = n.normRelu("bn", ConcatOp.apply(n.run("left", stem), n.run("right", stem)));
                    Tensor mix = ReluOp.apply(n.run("mix", both));
                    return n.run("fc", ConcatOp.apply(GlobalAveragePoolOp.apply(both), GlobalAveragePoolOp.apply(mix)));
                });
    }

    /** A convolution before one with 3 groups. */
    public static Net grouped(Backend backend) {
        return new Net(backend)
                .conv("first", 3, 12, 3, 1, 1, true)
                .conv("grouped", 12, 6, 3, 2, 3, true)
                .conv("last", 6, 8, 3)
                .linear("fc", 8, 3)
                .computing((n, x) -> {
                    Tensor y = ReluOp.apply(n.run("grouped", ReluOp.apply(n.run("first", x))));
                    return n.run("fc", GlobalAveragePoolOp.apply(ReluOp.apply(n.run("last", y))));
                });
    }

    /** An inverted residual: expansion, depthwise convolution with ReLU6, projection, added to its input. */
    public static Net inverted(Backend backend) {
        return new Net(backend)
                .conv("stem", 3, 5, 3)
                .conv("expand", 5, 10, 1)
                .norm("bn1", 10)
                .conv("depthwise", 10, 10, 3, 1, 10, false)
                .norm("bn2", 10)
                .conv("project", 10, 5, 1)
                .norm("bn3", 5)
                .linear("fc", 5, 3)
                .computing((n, x) -> {
                    Tensor stem = n.run("stem", x);
                    Tensor y = Relu6Op.apply(n.run("bn1", n.run("expand", stem)));
                    y = Relu6Op.apply(n.run("bn2", n.run("depthwise", y)));
                    y = AddOp.apply(n.run("bn3", n.run("project", y)), stem);
                    return n.run("fc", GlobalAveragePoolOp.apply(y));
                });
    }

    /** Five convolutions in a row, then one residual block: only c5, which it adds to, is tied. */
    public static Net plainFront(Backend backend) {
        return new Net(backend)
                .conv("c1", 3, 8, 3)
                .conv("c2", 8, 8, 3)
                .conv("c3", 8, 8, 3)
                .conv("c4", 8, 8, 3)
                .conv("c5", 8, 8, 3)
                .conv("inner", 8, 8, 3)
                .conv("last", 8, 8, 3)
                .linear("fc", 8, 3)
                .computing((n, x) -> {
                    Tensor y = x;
                    for (int i = 1; i <= 5; i++) y = ReluOp.apply(n.run("c" + i, y));
                    Tensor sum = AddOp.apply(n.run("last", ReluOp.apply(n.run("inner", y))), y);
                    return n.run("fc", GlobalAveragePoolOp.apply(ReluOp.apply(sum)));
                });
    }

    /** Three convolutions that each read everything produced before, and one after them. */
    public static Net dense(Backend backend) {
        return new Net(backend)
                .conv("first", 3, 4, 3)
                .conv("second", 4, 4, 3)
                .conv("third", 8, 4, 3)
                .conv("mix", 12, 6, 1)
                .linear("fc", 6, 3)
                .computing((n, x) -> {
                    Tensor y = ReluOp.apply(n.run("first", x));
                    for (String name : new String[] {"second", "third"}) {
                        y = ConcatOp.apply(y, ReluOp.apply(n.run(name, y)));
                    }
                    return n.run("fc", GlobalAveragePoolOp.apply(ReluOp.apply(n.run("mix", y))));
                });
    }

    /** No linear layer: a map of classes for each pixel. */
    public static Net segmenting(Backend backend) {
        return new Net(backend)
                .conv("body", 3, 6, 3)
                .conv("head", 6, 3, 1)
                .computing((n, x) -> n.run("head", ReluOp.apply(n.run("body", x))));
    }

    /** A residual block inside the body of another. */
    public static Net nested(Backend backend) {
        return new Net(backend)
                .conv("stem", 3, 6, 3)
                .conv("outer1", 6, 8, 3)
                .norm("bn", 8)
                .conv("inner1", 8, 7, 3)
                .conv("inner2", 7, 8, 3)
                .conv("outer2", 8, 6, 3)
                .linear("fc", 6, 3)
                .computing((n, x) -> {
                    Tensor stem = ReluOp.apply(n.run("stem", x));
                    Tensor in = n.normRelu("bn", n.run("outer1", stem));
                    Tensor inner = n.run("inner2", ReluOp.apply(n.run("inner1", in)));
                    Tensor out = n.run("outer2", ReluOp.apply(AddOp.apply(in, inner)));
                    return n.run("fc", GlobalAveragePoolOp.apply(ReluOp.apply(AddOp.apply(out, stem))));
                });
    }

    /** One convolution applied twice, with a parameter-free shortcut that widens behind it. */
    public static Net shared(Backend backend) {
        ChannelRoute route = ChannelRoute.padded(6, 9, 2);
        return new Net(backend)
                .conv("stem", 3, 6, 3)
                .conv("twice", 6, 6, 3)
                .conv("wide", 6, 9, 3, 2, 1, true)
                .linear("fc", 9 * 9, 3)
                .computing((n, x) -> {
                    Function<Tensor, Tensor> twice = t -> ReluOp.apply(n.run("twice", t));
                    Tensor y = twice.apply(twice.apply(ReluOp.apply(n.run("stem", x))));
                    Tensor sum = AddOp.apply(n.run("wide", y), ShortcutOp.apply(y, route, 2));
                    return n.run("fc", FlattenOp.apply(ReluOp.apply(sum)));
                });
    }
}
