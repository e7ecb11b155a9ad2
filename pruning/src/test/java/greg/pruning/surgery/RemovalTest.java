package greg.pruning.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.model.CifarResNet;
import greg.pruning.graph.ChannelGraph;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ReluOp;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The independent check of surgery: a filter whose weights, bias, BN scale and BN shift are zero contributes nothing, so the
 * network with such filters and the network without them must have the same outputs.
 */
class RemovalTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void cutResNetAnswersLikeTheOneWithSilencedFilters() {
        try (NnModule net = randomize(new CifarResNet(backend, 14, 3, 10))) {
            Shape image = Shape.of(1, 3, 8, 8);
            ChannelGraph graph = ChannelGraph.trace(net, image);
            Removal removal = new Removal(graph)
                    .filters("layer1.0.conv1", 0, 3, 15)
                    .filters("layer2.0.conv1", 31)
                    .inputs("layer3.1.conv2", 1, 2, 3, 63);
            silence(net, "layer1.0.conv1", "layer1.0.bn1", 0, 3, 15);
            silence(net, "layer2.0.conv1", "layer2.0.bn1", 31);
            silence(net, "layer3.1.conv1", "layer3.1.bn1", 1, 2, 3, 63);
            checkSameAnswer(net, removal, image);
            assertEquals(Shape.of(13, 16, 3, 3), shape(net, "layer1.0.conv1.weight"));
            assertEquals(Shape.of(13), shape(net, "layer1.0.bn1.weight"));
            assertEquals(Shape.of(16, 13, 3, 3), shape(net, "layer1.0.conv2.weight"));
            assertEquals(
                    Shape.of(60),
                    net.buffers().get("layer3.1.bn1.running_var").tensor().shape());
            assertEquals(Shape.of(64, 60, 3, 3), shape(net, "layer3.1.conv2.weight"));
        }
    }

    @Test
    void columnsBehindAFlattenGoInBlocks() {
        try (NnModule net = randomize(new Flattening(backend))) {
            Shape image = Shape.of(1, 2, 6, 6);
            Removal removal = new Removal(ChannelGraph.trace(net, image)).filters("conv", 1, 4);
            silence(net, "conv", null, 1, 4);
            checkSameAnswer(net, removal, image);
            assertEquals(Shape.of(3, 3 * 9), shape(net, "fc.weight"));
        }
    }

    @Test
    void depthwiseConvolutionsFollowTheLayerBefore() {
        try (NnModule net = randomize(new Depthwise(backend))) {
            Shape image = Shape.of(1, 2, 5, 5);
            ChannelGraph graph = ChannelGraph.trace(net, image);
            Removal removal = new Removal(graph).filters("expand", 0, 5);
            silence(net, "expand", null, 0, 5);
            silence(net, "depthwise", "bn", 0, 5);
            checkSameAnswer(net, removal, image);
            assertEquals(Shape.of(4, 1, 3, 3), shape(net, "depthwise.weight"));
            assertEquals(Shape.of(4, 4, 1, 1), shape(net, "project.weight"));
        }
    }

    @Test
    void groupedConvolutionsLoseTheSamePositionsInEveryGroup() {
        try (NnModule net = randomize(new Grouped(backend))) {
            Shape image = Shape.of(1, 2, 5, 5);
            Removal removal = new Removal(ChannelGraph.trace(net, image)).filters("grouped", 1);
            assertArrayEquals(new int[] {0, 2, 3, 5}, removal.keptFilters().get("grouped"));
            silence(net, "grouped", null, 1, 4);
            checkSameAnswer(net, removal, image);
            assertEquals(Shape.of(4, 2, 3, 3), shape(net, "grouped.weight"));
        }
    }

    @Test
    void channelsThatMeetInAnAdditionGoTogether() {
        try (NnModule net = randomize(new Adding(backend))) {
            Shape image = Shape.of(1, 2, 5, 5);
            ChannelGraph graph = ChannelGraph.trace(net, image);
            assertTrue(graph.group("left", 2).tied());
            Removal removal = new Removal(graph).filters("right", 2);
            assertEquals(
                    Map.of("left", 3, "right", 3).keySet(),
                    removal.keptFilters().keySet());
            silence(net, "left", null, 2);
            silence(net, "right", null, 2);
            checkSameAnswer(net, removal, image);
        }
    }

    @Test
    void refusesImagePlanesClassesAndWrongNumbers() {
        try (NnModule net = new CifarResNet(backend, 8, 3, 10)) {
            Removal removal = new Removal(ChannelGraph.trace(net, Shape.of(1, 3, 8, 8)));
            assertThrows(IllegalArgumentException.class, () -> removal.filters("linear", 0));
            assertThrows(IllegalArgumentException.class, () -> removal.inputs("conv1", 0));
            assertThrows(IllegalArgumentException.class, () -> removal.filters("layer1.0.conv1", 16));
            assertThrows(IllegalArgumentException.class, () -> removal.filters("layer9.0.conv1", 0));
        }
    }

    @Test
    void planReplaysOnAFreshNetwork() {
        Shape image = Shape.of(1, 3, 8, 8);
        try (NnModule net = new CifarResNet(backend, 8, 3, 10);
                NnModule fresh = new CifarResNet(backend, 8, 3, 10)) {
            Removal removal = new Removal(ChannelGraph.trace(net, image)).filters("layer2.0.conv1", 0, 7, 9);
            RemovalPlan plan = RemovalPlan.parse(RemovalPlan.of(removal).toText(), image);
            removal.apply();
            plan.apply(fresh);
            net.parameters()
                    .forEach((name, p) -> assertEquals(p.tensor().shape(), shape(fresh, name), "shape of " + name));
        }
    }

    private void checkSameAnswer(NnModule net, Removal removal, Shape image) {
        net.eval();
        float[] pixels = new float[Math.toIntExact(image.size())];
        Random random = new Random(5);
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        float[] before = answer(net, image, pixels);
        removal.apply();
        float[] after = answer(net, image, pixels);
        assertArrayEquals(before, after, 1e-4f);
    }

    private float[] answer(NnModule net, Shape image, float[] pixels) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return net.forward(scope.own(Tensor.of(backend, image, pixels))).toHost();
        }
    }

    private static Shape shape(NnModule net, String parameter) {
        return net.parameters().get(parameter).tensor().shape();
    }

    private static <M extends NnModule> M randomize(M net) {
        Random random = new Random(3);
        net.parameters().values().forEach(p -> fill(p, random, -0.5f));
        net.buffers().values().forEach(b -> fill(b, random, 0.5f));
        return net;
    }

    private static void fill(Parameter p, Random random, float low) {
        float[] values = new float[Math.toIntExact(p.tensor().shape().size())];
        for (int i = 0; i < values.length; i++) values[i] = low + random.nextFloat();
        p.tensor().set(values);
    }

    private static void silence(NnModule net, String conv, String bn, int... filters) {
        net.parameters().forEach((name, p) -> {
            boolean ours = name.startsWith(conv + ".") || bn != null && name.startsWith(bn + ".");
            if (!ours) return;
            float[] values = p.tensor().toHost();
            int size = values.length / p.tensor().shape().dim(0);
            for (int f : filters) java.util.Arrays.fill(values, f * size, (f + 1) * size, 0);
            p.tensor().set(values);
        });
    }

    private static final class Flattening extends NnModule {
        private final Conv2d conv;
        private final Linear fc;

        Flattening(Backend backend) {
            super(backend);
            conv = child("conv", new Conv2d(backend, 2, 5, 3, Conv2dOptions.DEFAULT.padding(1)));
            fc = child("fc", new Linear(backend, 5 * 9, 3, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = Pool2dOp.apply(ReluOp.apply(conv.forward(x)), Pool2dSpec.Kind.MAX, 2, 2, 0, false);
            return fc.forward(FlattenOp.apply(y));
        }
    }

    private static final class Depthwise extends NnModule {
        private final Conv2d expand;
        private final Conv2d depthwise;
        private final BatchNorm2d bn;
        private final Conv2d project;
        private final Linear fc;

        Depthwise(Backend backend) {
            super(backend);
            expand = child("expand", new Conv2d(backend, 2, 6, 1, Conv2dOptions.DEFAULT, false));
            depthwise = child(
                    "depthwise",
                    new Conv2d(
                            backend, 6, 6, 3, Conv2dOptions.DEFAULT.padding(1).groups(6)));
            bn = child("bn", new BatchNorm2d(backend, 6));
            project = child("project", new Conv2d(backend, 6, 4, 1, Conv2dOptions.DEFAULT, false));
            fc = child("fc", new Linear(backend, 4 * 25, 3, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = bn.forwardRelu(depthwise.forward(ReluOp.apply(expand.forward(x))));
            return fc.forward(FlattenOp.apply(project.forward(y)));
        }
    }

    private static final class Grouped extends NnModule {
        private final Conv2d first;
        private final Conv2d grouped;
        private final Conv2d last;
        private final Linear fc;

        Grouped(Backend backend) {
            super(backend);
            first = child("first", new Conv2d(backend, 2, 4, 3, Conv2dOptions.DEFAULT.padding(1)));
            grouped = child(
                    "grouped",
                    new Conv2d(
                            backend, 4, 6, 3, Conv2dOptions.DEFAULT.padding(1).groups(2)));
            last = child("last", new Conv2d(backend, 6, 3, 3, Conv2dOptions.DEFAULT.padding(1)));
            fc = child("fc", new Linear(backend, 3 * 25, 3, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = ReluOp.apply(grouped.forward(ReluOp.apply(first.forward(x))));
            return fc.forward(FlattenOp.apply(last.forward(y)));
        }
    }

    private static final class Adding extends NnModule {
        private final Conv2d left;
        private final Conv2d right;
        private final Linear fc;

        Adding(Backend backend) {
            super(backend);
            left = child("left", new Conv2d(backend, 2, 4, 3, Conv2dOptions.DEFAULT.padding(1)));
            right = child("right", new Conv2d(backend, 2, 4, 1, Conv2dOptions.DEFAULT));
            fc = child("fc", new Linear(backend, 4 * 25, 3, true));
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(FlattenOp.apply(ReluOp.apply(AddOp.apply(left.forward(x), right.forward(x)))));
        }
    }
}
