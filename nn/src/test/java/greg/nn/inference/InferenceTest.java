package greg.nn.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Init;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.tensor.ChannelRoute;
import greg.tensor.InferenceBuilder;
import greg.tensor.NoGrad;
import greg.tensor.Op;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.BiasOp;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.DropoutOp;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.GateOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.MulOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.Relu6Op;
import greg.tensor.op.ReluOp;
import greg.tensor.op.ShortcutOp;
import greg.tensor.op.SigmoidOp;
import greg.tensor.op.SiluOp;
import greg.tensor.op.UpsampleNearestOp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Inference as a whole on the CPU against the reference backend op by op, on networks with equal parameters. */
class InferenceTest {
    private final Backend cpu = Backends.open("cpu", new BackendOptions(2, 0));
    private final Backend reference = Backends.open("reference");
    private final Random random = new Random(1);

    @AfterEach
    void close() {
        cpu.close();
        reference.close();
    }

    private float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float) random.nextGaussian();
        return numbers;
    }

    /** Values that no initialization gives, so that nothing is 0 or 1 by chance. */
    private void randomise(NnModule from, NnModule to) {
        Initializer.initialize(from, 3);
        from.parameters().forEach((name, p) -> {
            if (p.tensor().shape().rank() == 1) set(p, false);
        });
        from.buffers().forEach((name, p) -> set(p, name.endsWith("running_var")));
        from.parameters()
                .forEach((name, p) ->
                        to.parameters().get(name).tensor().set(p.tensor().toHost()));
        from.buffers()
                .forEach((name, p) ->
                        to.buffers().get(name).tensor().set(p.tensor().toHost()));
    }

    private void set(Parameter p, boolean variance) {
        float[] values = numbers((int) p.tensor().shape().size());
        for (int i = 0; variance && i < values.length; i++) values[i] = 0.5f + values[i] * values[i];
        p.tensor().set(values);
    }

    /** Returns how the network was run. */
    private String same(Function<Backend, NnModule> make, int channels, int height, int width, int images) {
        try (NnModule network = make.apply(cpu);
                NnModule oracle = make.apply(reference)) {
            randomise(network, oracle);
            float[] batch = numbers(images * channels * height * width);
            float[] expected;
            try (NnModule.Evaluation evaluation = oracle.evaluating();
                    Scope scope = Scope.open();
                    NoGrad off = NoGrad.begin()) {
                Shape shape = Shape.of(images, channels, height, width);
                expected = oracle.call(scope.own(Tensor.of(reference, shape, batch)))
                        .toHost();
            }
            try (Inference inference = Inference.of(network, channels, height, width, images)) {
                float most = 1e-3f;
                for (float value : expected) most = Math.max(most, Math.abs(value));
                assertArrayEquals(expected, inference.run(batch), 2e-5f * most, inference::description);
                return inference.description();
            }
        }
    }

    private void whole(Function<Backend, NnModule> make, int channels, int height, int width, int images) {
        String description = same(make, channels, height, width, images);
        assertFalse(description.startsWith("op by op"), description);
    }

    /** A function of an image between biases, and a matrix that sees every value of its result. */
    private static final class Sketch extends NnModule {
        private final Parameter bias;
        private final UnaryOperator<Tensor> function;
        private final Linear head;

        Sketch(Backend backend, int channels, int features, UnaryOperator<Tensor> function) {
            super(backend);
            this.function = function;
            bias = parameter("bias", Shape.of(channels), Init.ZERO);
            head = child("head", new Linear(backend, features, 7, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = function.apply(BiasOp.apply(x, bias.tensor(), false));
            return head.call(y.shape().rank() == 4 ? FlattenOp.apply(y) : y);
        }
    }

    private record Case(int features, UnaryOperator<Tensor> function) {}

    @Test
    void functionsOfOneImage() {
        ChannelRoute route = new ChannelRoute(5, List.of(-1, 3, 0, -1, 4, 2));
        List<Case> cases = List.of(
                new Case(5 * 54, ReluOp::apply),
                new Case(5 * 54, Relu6Op::apply),
                new Case(5 * 54, SigmoidOp::apply),
                new Case(5 * 54, SiluOp::apply),
                new Case(5 * 54, x -> BiasOp.apply(x, constant(x, 5), true)),
                new Case(5 * 54, FlattenOp::apply),
                new Case(5, GlobalAveragePoolOp::apply),
                new Case(5, x -> SigmoidOp.apply(GlobalAveragePoolOp.apply(x))),
                new Case(5 * 54, x -> AddOp.apply(x, ReluOp.apply(x))),
                new Case(5 * 54, x -> AddOp.apply(x, x)),
                new Case(5 * 54, x -> MulOp.apply(x, SigmoidOp.apply(x))),
                new Case(5 * 54, x -> GateOp.apply(x, SigmoidOp.apply(GlobalAveragePoolOp.apply(x)))),
                new Case(15 * 54, x -> ConcatOp.apply(x, ReluOp.apply(x), x)),
                new Case(
                        10,
                        x -> ConcatOp.apply(GlobalAveragePoolOp.apply(x), GlobalAveragePoolOp.apply(ReluOp.apply(x)))),
                new Case(5 * 54 * 6, x -> UpsampleNearestOp.apply(x, 2, 3)),
                new Case(6 * 54, x -> ShortcutOp.apply(x, route, 1)),
                new Case(6 * 15, x -> ShortcutOp.apply(x, route, 2)));
        for (Case each : cases) {
            for (int images : new int[] {1, 3}) {
                whole(b -> new Sketch(b, 5, each.features, each.function), 5, 9, 6, images);
            }
        }
    }

    private static Tensor constant(Tensor x, int length) {
        return Scope.current().own(Tensor.full(x.backend(), Shape.of(length), -0.25f));
    }

    @ParameterizedTest
    @CsvSource({"2,2,0,false", "3,2,1,false", "3,2,1,true", "2,2,1,true", "2,3,0,true", "5,3,2,true"})
    void poolings(int kernel, int stride, int pad, boolean ceil) {
        for (Kind kind : Kind.values()) {
            for (int size : new int[] {7, 8, 9}) {
                UnaryOperator<Tensor> pool =
                        x -> GlobalAveragePoolOp.apply(Pool2dOp.apply(x, kind, kernel, stride, pad, ceil));
                String description = same(b -> new Sketch(b, 3, 3, pool), 3, size, 17 - size, 3);
                // the mean over windows that reach beyond the end is the one that has no form
                assertTrue(kind == Kind.AVG && ceil || !description.startsWith("op by op"), description);
            }
        }
    }

    /** Convolutions to few channels, of which several pixels are computed as one; of all widths, strides, paddings, dilations. */
    @ParameterizedTest
    @CsvSource({
        "16,2,3,1,1,1,32",
        "16,1,3,1,1,1,8",
        "5,3,5,1,2,1,12",
        "4,5,1,1,0,1,16",
        "4,3,3,1,0,1,10",
        "4,2,3,1,2,2,16",
        "4,6,3,2,1,1,16",
        "3,40,3,1,1,1,7",
        "4,7,8,1,0,1,8"
    })
    void convolutions(int in, int out, int kernel, int stride, int pad, int dilation, int size) {
        Conv2dOptions options =
                Conv2dOptions.DEFAULT.stride(stride).padding(pad).dilation(dilation);
        for (int images : new int[] {1, 5}) {
            whole(b -> new OneConvolution(b, in, out, kernel, options), in, size, size, images);
        }
    }

    private static final class OneConvolution extends NnModule {
        private final Conv2d conv;
        private final Linear head;

        OneConvolution(Backend backend, int in, int out, int kernel, Conv2dOptions options) {
            super(backend);
            conv = child("conv", new Conv2d(backend, in, out, kernel, options, true));
            head = child("head", new Linear(backend, out, 3, true));
        }

        /** Weighs the positions differently, so that one cannot be taken for another. */
        @Override
        public Tensor forward(Tensor x) {
            Tensor y = ReluOp.apply(conv.call(x));
            Tensor pooled = Pool2dOp.apply(y, Kind.MAX, Math.min(2, y.shape().dim(2)), 1, 0, false);
            return head.call(AddOp.apply(GlobalAveragePoolOp.apply(y), GlobalAveragePoolOp.apply(pooled)));
        }
    }

    /** Residuals of every kind: read again later, of the convolution's own input, of a later convolution, twice the same. */
    private static final class Residuals extends NnModule {
        private static final Conv2dOptions PADDED = Conv2dOptions.DEFAULT.padding(1);

        private final Conv2d first = child("first", new Conv2d(backend(), 3, 6, 3, PADDED, false));
        private final BatchNorm2d norm = child("norm", new BatchNorm2d(backend(), 6));
        private final Conv2d second = child("second", new Conv2d(backend(), 6, 6, 3, PADDED, true));
        private final BatchNorm2d tail = child("tail", new BatchNorm2d(backend(), 6));
        private final Conv2d grouped = child("grouped", new Conv2d(backend(), 6, 6, 3, PADDED.groups(3), false));
        private final Conv2d depthwise = child("depthwise", new Conv2d(backend(), 6, 6, 3, PADDED.groups(6), false));
        private final Linear head = child("head", new Linear(backend(), 6, 4, true));

        Residuals(Backend backend) {
            super(backend);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor a = norm.forwardRelu(first.call(x));
            Tensor b = tail.forwardAddRelu(second.call(a), a); // of its own input
            Tensor c = tail.forwardAddRelu(second.call(b), a); // of a value that is read again
            c = AddOp.apply(c, second.call(a)); // which is its own input, for the last time
            c = AddOp.apply(second.call(c), c); // the same, added first
            Tensor d = AddOp.apply(second.call(c), grouped.call(b)); // of an earlier or a later convolution
            Tensor e = AddOp.apply(ReluOp.apply(d), d);
            Tensor f = tail.call(e); // after no convolution
            f = AddOp.apply(f, depthwise.call(e)); // for the last time, of a depthwise convolution
            return head.call(GlobalAveragePoolOp.apply(SiluOp.apply(AddOp.apply(depthwise.call(f), grouped.call(c)))));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void residuals(int images) {
        whole(Residuals::new, 3, 8, 8, images);
    }

    @ParameterizedTest
    @CsvSource({
        "lenet5,1,28,3",
        "resnet20,3,32,1",
        "resnet20,3,32,5",
        "resnet56,3,32,2",
        "vgg16_bn,3,32,2",
        "mobilenet_v2,3,32,3"
    })
    void networks(String arch, int channels, int side, int images) {
        whole(b -> Networks.create(arch, b, channels, side, 10), channels, side, side, images);
    }

    /** A weight that is computed from parameters is a constant all the same. */
    @Test
    void aComputedWeight() {
        whole(
                b -> new NnModule(b) {
                    private final Parameter weight = parameter("weight", Shape.of(4, 3, 1, 1));
                    private final Parameter mask = parameter("mask", Shape.of(4, 3, 1, 1));

                    @Override
                    public Tensor forward(Tensor x) {
                        Tensor masked = MulOp.apply(weight.tensor(), mask.tensor());
                        return GlobalAveragePoolOp.apply(Conv2dOp.apply(x, masked, null, Conv2dOptions.DEFAULT));
                    }
                },
                3,
                5,
                5,
                2);
    }

    @Test
    void whatHasNoFormIsRunOpByOp() {
        Function<Backend, NnModule> image = b -> new NnModule(b) {
            @Override
            public Tensor forward(Tensor x) {
                return ReluOp.apply(x);
            }
        };
        assertEquals("op by op, since the output has more than one value per channel", same(image, 3, 5, 5, 2));
        Function<Backend, NnModule> dropout = b -> new NnModule(b) {
            @Override
            public Tensor forward(Tensor x) {
                return GlobalAveragePoolOp.apply(DropoutOp.apply(x, 0, 1, 1));
            }
        };
        assertEquals("op by op, since the op Dropout has no form for inference as a whole", same(dropout, 3, 5, 5, 2));
        try (NnModule network = Networks.createInitialized("lenet5", reference, 1, 28, 10, 1);
                Inference inference = Inference.of(network, 1, 28, 28, 1)) {
            assertEquals("op by op, since reference runs networks op by op", inference.description());
            assertTrue(inference.time().isEmpty());
        }
    }

    /** Every op says what it computes in inference, but those that only training has. */
    @Test
    void opsWithoutAForm() throws Exception {
        List<String> without = new ArrayList<>();
        try (var files = Files.list(Path.of("../tensor/src/main/java/greg/tensor/op"))) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                if (!name.endsWith("Op")) continue;
                Class<?> op = Class.forName("greg.tensor.op." + name);
                if (op.getMethod("infer", InferenceBuilder.class).getDeclaringClass() == Op.class) without.add(name);
            }
        }
        assertEquals(List.of("CrossEntropyOp", "DropoutOp"), without);
    }

    @Test
    void timesHaveTheLayersNames() {
        try (NnModule network = Networks.createInitialized("resnet20", cpu, 3, 32, 10, 1);
                Inference inference = Inference.of(network, 3, 32, 32, 4)) {
            var times = inference.time();
            List<String> layers = times.stream().map(Inference.LayerTime::layer).toList();
            assertTrue(layers.containsAll(List.of("conv1", "layer1.0.conv1", "layer3.2.conv2")), layers::toString);
            assertTrue(times.stream().allMatch(time -> time.nanos() > 0));
            assertThrows(IllegalArgumentException.class, () -> inference.run(new float[3 * 32 * 32]));
        }
    }
}
