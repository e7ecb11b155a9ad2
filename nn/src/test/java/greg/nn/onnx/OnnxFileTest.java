package greg.nn.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import greg.kernels.Backend;
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
import greg.tensor.NoGrad;
import greg.tensor.Op;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.BatchNormOp;
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
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our answers and those of ONNX Runtime for the exported file. */
class OnnxFileTest {
    @TempDir
    Path folder;

    private final Backend backend = Backends.open("cpu");
    private final Random random = new Random(1);

    @AfterEach
    void close() {
        backend.close();
    }

    /** A network of one function, with a bias in front of which the function sees other values than the input's. */
    private class Sketch extends NnModule {
        private final Parameter bias;
        private final UnaryOperator<Tensor> function;

        Sketch(int channels, UnaryOperator<Tensor> function) {
            super(backend);
            this.function = function;
            bias = parameter("bias", Shape.of(channels), Init.ZERO);
            bias.tensor().set(numbers(channels));
        }

        @Override
        public Tensor forward(Tensor x) {
            return function.apply(BiasOp.apply(x, bias.tensor(), false));
        }
    }

    private float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float) random.nextGaussian();
        return numbers;
    }

    /** Exports for one image, computes two. */
    private void same(NnModule network, int channels, int height, int width, boolean fold) throws Exception {
        Path file = folder.resolve("network.onnx");
        OnnxFile.write(file, network, channels, height, width, fold, Map.of());
        int[] dims = {2, channels, height, width};
        float[] images = numbers(2 * channels * height * width);
        float[] ours;
        try (NnModule.Evaluation evaluation = network.evaluating();
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            ours = network.call(scope.own(Tensor.of(backend, Shape.of(dims), images)))
                    .toHost();
        }
        try (DeployedNetwork deployed = new DeployedNetwork(file)) {
            float[] theirs = deployed.call(images, 2, channels, height, width);
            float most = 1;
            for (float value : ours) most = Math.max(most, Math.abs(value));
            assertArrayEquals(ours, theirs, 1e-4f * most);
        }
    }

    @Test
    void functionsOfOneImage() throws Exception {
        ChannelRoute route = new ChannelRoute(5, List.of(-1, 3, 0, -1, 4, 2));
        List<UnaryOperator<Tensor>> functions = List.of(
                ReluOp::apply,
                Relu6Op::apply,
                SigmoidOp::apply,
                SiluOp::apply,
                FlattenOp::apply,
                GlobalAveragePoolOp::apply,
                x -> AddOp.apply(x, ReluOp.apply(x)),
                x -> MulOp.apply(x, SigmoidOp.apply(x)),
                x -> GateOp.apply(x, SigmoidOp.apply(GlobalAveragePoolOp.apply(x))),
                x -> GateOp.apply(x, Pool2dOp.apply(x, Kind.AVG, 9, 1, 0, false)),
                x -> ConcatOp.apply(x, ReluOp.apply(x), x),
                x -> UpsampleNearestOp.apply(x, 2, 3),
                x -> ShortcutOp.apply(x, route, 1),
                x -> ShortcutOp.apply(x, route, 2),
                x -> ShortcutOp.apply(x, ChannelRoute.padded(5, 5, 0), 3));
        for (UnaryOperator<Tensor> function : functions) {
            try (Sketch sketch = new Sketch(5, function)) {
                same(sketch, 5, 9, 9, false);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2,2,0,false",
        "3,2,1,false",
        "3,2,1,true",
        "3,2,0,true",
        "2,2,1,true",
        "3,3,1,true",
        "2,3,0,true",
        "5,3,2,true"
    })
    void poolings(int kernel, int stride, int pad, boolean ceil) throws Exception {
        for (Kind kind : Kind.values()) {
            for (int size : new int[] {7, 8, 9, 10}) {
                try (Sketch sketch = new Sketch(3, x -> Pool2dOp.apply(x, kind, kernel, stride, pad, ceil))) {
                    same(sketch, 3, size, 17 - size, false);
                }
            }
        }
    }

    /** Grouped and dilated convolutions, with and without bias, all forms of batch normalization, biases of both ranks. */
    private final class Mixed extends NnModule {
        private final Conv2d first = child(
                "first",
                new Conv2d(
                        backend, 3, 8, 3, 1, Conv2dOptions.DEFAULT.padding(2, 0).dilation(2, 1), true));
        private final BatchNorm2d norm = child("norm", new BatchNorm2d(backend, 8));
        private final Conv2d grouped = child(
                "grouped",
                new Conv2d(
                        backend,
                        8,
                        12,
                        3,
                        Conv2dOptions.DEFAULT.padding(1).stride(2).groups(4),
                        false));
        private final BatchNorm2d after = child("after", new BatchNorm2d(backend, 12));
        private final Conv2d twice = child("twice", new Conv2d(backend, 12, 12, 1, Conv2dOptions.DEFAULT, false));
        private final BatchNorm2d tail = child("tail", new BatchNorm2d(backend, 12));
        private final Linear head = child("head", new Linear(backend, 12, 5, true));

        Mixed() {
            super(backend);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = after.forwardRelu(grouped.call(norm.call(first.call(x))));
            y = tail.forwardAddRelu(twice.call(y), y);
            y = tail.forwardAddRelu(twice.call(y), y); // shared weights: not to be folded twice
            return head.call(GlobalAveragePoolOp.apply(y));
        }
    }

    /** A weight that is computed is no constant into which anything could be folded. */
    @Test
    void aComputedWeight() throws Exception {
        try (NnModule network = new NnModule(backend) {
            private final Parameter weight = parameter("weight", Shape.of(4, 3, 1, 1));
            private final Parameter mask = parameter("mask", Shape.of(4, 3, 1, 1));
            private final BatchNorm2d norm = child("norm", new BatchNorm2d(backend(), 4));

            @Override
            public Tensor forward(Tensor x) {
                Tensor masked = MulOp.apply(weight.tensor(), mask.tensor());
                return norm.call(Conv2dOp.apply(x, masked, null, Conv2dOptions.DEFAULT));
            }
        }) {
            randomise(network);
            network.parameters().forEach((name, p) -> p.tensor()
                    .set(numbers((int) p.tensor().shape().size())));
            same(network, 3, 5, 5, true);
        }
    }

    private void randomise(NnModule network) {
        Initializer.initialize(network, 3);
        network.parameters().forEach((name, p) -> {
            if (p.tensor().shape().rank() == 1)
                p.tensor().set(numbers((int) p.tensor().shape().size()));
        });
        network.buffers().forEach((name, p) -> {
            float[] values = numbers((int) p.tensor().shape().size());
            if (name.endsWith("running_var")) {
                for (int i = 0; i < values.length; i++) values[i] = 0.5f + values[i] * values[i];
                values[0] = 1e-3f; // where eps shows
            }
            p.tensor().set(values);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void convolutionsAndNormalization(boolean fold) throws Exception {
        try (Mixed network = new Mixed()) {
            randomise(network);
            same(network, 3, 11, 9, fold);
            try (var in = Files.newInputStream(folder.resolve("network.onnx"))) {
                ModelProto model = ModelProto.parseFrom(in);
                List<String> types = new ArrayList<>();
                model.getGraph().getNodeList().forEach(node -> types.add(node.getOpType()));
                // two convolutions have a normalization of their own; the shared one is applied twice
                assertEquals(
                        fold ? 2 : 4,
                        types.stream().filter("BatchNormalization"::equals).count());
                List<String> names = model.getGraph().getInitializerList().stream()
                        .map(TensorProto::getName)
                        .toList();
                assertTrue(names.containsAll(List.of("first.weight", "first.bias", "head.weight")), names::toString);
                assertEquals(fold, names.contains("grouped.bias"));
                assertEquals("first", model.getGraph().getNode(0).getName());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"resnet20", "lenet5", "vgg11", "wrn_16_4", "vgg11_nobn", "mobilenet_v2", "alexnet", "mlp_7_relu"
            })
    void knownNetworks(String arch) throws Exception {
        boolean big = List.of("mobilenet_v2", "alexnet").contains(arch);
        int side = big ? 64 : arch.equals("lenet5") || arch.startsWith("mlp") ? 28 : 32;
        int channels = side == 28 ? 1 : 3;
        for (boolean fold : new boolean[] {false, true}) {
            try (NnModule network = Networks.create(arch, backend, channels, side, 10)) {
                randomise(network);
                same(network, channels, side, side, fold);
            }
        }
    }

    @Test
    void metadataIsKept() throws Exception {
        try (Sketch sketch = new Sketch(3, ReluOp::apply);
                NnModule evaluated = sketch) {
            Path file = folder.resolve("m.onnx");
            OnnxFile.write(file, evaluated, 3, 4, 4, false, Map.of("arch", "sketch", "classes", "3"));
            try (DeployedNetwork deployed = new DeployedNetwork(file)) {
                assertEquals(Map.of("arch", "sketch", "classes", "3"), deployed.metadata());
            }
        }
    }

    /** Every op says what it is in ONNX, but those that only training has. */
    @Test
    void opsWithoutOnnxForm() throws Exception {
        List<String> without = new ArrayList<>();
        Path ops = Path.of("../tensor/src/main/java/greg/tensor/op");
        try (var files = Files.list(ops)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                if (!name.endsWith("Op")) continue;
                Class<?> op = Class.forName("greg.tensor.op." + name);
                if (op.getMethod("onnx", greg.tensor.OnnxGraph.class).getDeclaringClass() == Op.class)
                    without.add(name);
            }
        }
        assertEquals(List.of("CrossEntropyOp", "DropoutOp"), without);
    }

    @Test
    void anOpWithoutFormIsNamed() {
        try (Sketch sketch = new Sketch(3, x -> DropoutOp.apply(x, 0.5f, 1, 1))) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> OnnxFile.write(folder.resolve("d.onnx"), sketch, 3, 4, 4, false, Map.of()));
            assertTrue(e.getMessage().contains("Dropout"), e::getMessage);
        }
        assertTrue(Files.notExists(folder.resolve("d.onnx")));
    }

    /** Running statistics enter as they are at the time. */
    @Test
    void aNormalizationOutsideOfAModule() throws Exception {
        try (Sketch sketch = new Sketch(2, x -> x) {
            private final Parameter gamma = parameter("gamma", Shape.of(2), Init.ONE);
            private final Parameter mean = buffer("mean", Shape.of(2), 3);
            private final Parameter var = buffer("var", Shape.of(2), 4);

            @Override
            public Tensor forward(Tensor x) {
                gamma.tensor().set(new float[] {1, 2});
                List<Tensor> running = List.of(mean.tensor(), var.tensor());
                return BatchNormOp.apply(
                        super.forward(x),
                        null,
                        gamma.tensor(),
                        gamma.tensor(),
                        running,
                        isTraining(),
                        1e-5f,
                        0.1f,
                        greg.kernels.spec.BatchNormSpec.Fusion.NONE);
            }
        }) {
            same(sketch, 2, 3, 3, true);
        }
    }
}
