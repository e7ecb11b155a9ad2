package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Workspace;
import greg.nn.NnModule;
import greg.nn.model.CifarResNet;
import greg.nn.model.Networks;
import greg.pruning.surgery.Removal;
import greg.pruning.surgery.RemovalPlan;
import greg.pruning.testing.SpotNets;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Surgery on networks of every shape: the cut one has the same outputs as the one whose channels are silenced. */
class AnyNetworkTest {
    private static final Shape SMALL = Shape.of(1, 3, 6, 6);
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void close() {
        backend.close();
    }

    private static Shape shape(NnModule net, String parameter) {
        return net.parameters().get(parameter).tensor().shape();
    }

    @Test
    void branchesThatAreConcatenated() {
        try (NnModule net = Silencer.randomize(SpotNets.concat(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, SMALL);
            Removal removal = new Removal(graph)
                    .filters("left", 1, 4)
                    .filters("right", 0)
                    .filters("stem", 2)
                    .inputs("mix", 3); // of "left"
            Silencer.check(net, removal, SMALL);
            assertEquals(Shape.of(2, 5, 3, 3), shape(net, "left.weight"));
            assertEquals(Shape.of(5), shape(net, "bn.weight"));
            assertEquals(Shape.of(7, 5, 3, 3), shape(net, "mix.weight"));
            assertEquals(Shape.of(3, 12), shape(net, "fc.weight"));
        }
    }

    @Test
    void groupedConvolutionsStayEquallyWide() {
        try (NnModule net = Silencer.randomize(SpotNets.grouped(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, SMALL);
            Removal removal = new Removal(graph).filters("first", 0, 3).filters("grouped", 5);
            assertArrayEquals(
                    new int[] {1, 2, 5, 6, 9, 10}, removal.keptFilters().get("first"));
            Silencer.check(net, removal, SMALL);
            assertEquals(Shape.of(3, 2, 3, 3), shape(net, "grouped.weight"));
        }
    }

    @Test
    void invertedResiduals() {
        try (NnModule net = Silencer.randomize(SpotNets.inverted(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, SMALL);
            Removal removal = new Removal(graph).filters("expand", 0, 7, 8).filters("project", 2);
            Silencer.check(net, removal, SMALL);
            assertEquals(Shape.of(7, 1, 3, 3), shape(net, "depthwise.weight"));
            assertEquals(Shape.of(4, 3, 3, 3), shape(net, "stem.weight"));
        }
    }

    @Test
    void aResidualInsideAResidual() {
        try (NnModule net = Silencer.randomize(SpotNets.nested(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, SMALL);
            Removal removal = new Removal(graph)
                    .filters("inner1", 6)
                    .filters("inner2", 0, 1)
                    .filters("stem", 5);
            assertEquals(
                    Map.of("stem", 5, "outer1", 6, "inner1", 6, "inner2", 6, "outer2", 5),
                    removal.keptFilters().entrySet().stream()
                            .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().length)));
            Silencer.check(net, removal, SMALL);
        }
    }

    @Test
    void aConvolutionAppliedTwiceAndARoute() {
        try (NnModule net = Silencer.randomize(SpotNets.shared(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, SMALL);
            Removal removal = new Removal(graph).filters("twice", 1).filters("wide", 0, 2, 5);
            Silencer.check(net, removal, SMALL);
            assertEquals(Shape.of(5, 5, 3, 3), shape(net, "twice.weight"));
            assertEquals(Shape.of(5, 3, 3, 3), shape(net, "stem.weight"), "its output enters the same convolution");
            assertEquals(Shape.of(3, 6 * 9), shape(net, "fc.weight"));
        }
    }

    /** Both sides of an option-A shortcut lose channels of their own. */
    @Test
    void stagesBehindOptionAShortcuts() {
        Shape image = Shape.of(1, 3, 8, 8);
        try (NnModule net = Silencer.randomize(new CifarResNet(backend, 14, 3, 10));
                NnModule fresh = new CifarResNet(backend, 14, 3, 10)) {
            ChannelGraph graph = ChannelGraph.trace(net, image);
            Removal removal = new Removal(graph)
                    .filters("layer1.1.conv2", 0, 7)
                    .filters("layer2.0.conv2", 0, 9, 16, 31)
                    .filters("layer3.0.conv2", 15, 16, 40)
                    .filters("layer2.1.conv1", 3);
            RemovalPlan plan = RemovalPlan.parse(RemovalPlan.of(removal).toText(), image);
            Silencer.check(net, removal, image);
            assertEquals(Shape.of(14, 3, 3, 3), shape(net, "conv1.weight"));
            assertEquals(Shape.of(32, 14, 3, 3), shape(net, "layer2.0.conv1.weight"));
            assertEquals(Shape.of(10, 61), shape(net, "linear.weight"));
            plan.apply(fresh);
            net.parameters()
                    .forEach((name, p) -> assertEquals(p.tensor().shape(), shape(fresh, name), "shape of " + name));
            ChannelGraph.trace(fresh, image); // its routes were cut too
            Removal again = new Removal(ChannelGraph.trace(net, image)).filters("layer2.0.conv2", 3);
            Silencer.check(net, again, image);
        }
    }

    private record Family(String arch, int size, String... layers) {}

    private static final List<Family> FAMILIES = List.of(
            new Family("resnet18", 32, "conv1", "layer1.0.conv2", "layer3.1.conv2", "layer2.0.conv1"),
            new Family("resnet50", 32, "conv1", "layer1.0.downsample.0", "layer4.2.conv3", "layer3.1.conv2"),
            new Family(
                    "wrn_16_4",
                    8,
                    "conv1",
                    "block1.layer.0.convShortcut",
                    "block3.layer.1.conv2",
                    "block2.layer.1.conv1"),
            new Family("mobilenet_v2", 32, "features.0.0", "features.3.conv.2", "features.18.0", "features.4.conv.0.0"),
            new Family("vgg11_nobn", 16, "features.0", "features.3", "features.6", "features.18"),
            new Family("alexnet", 67, "features.0", "features.3", "features.8", "features.10"));

    static Stream<Arguments> families() {
        return BackendsUnderTest.all().flatMap(kind -> FAMILIES.stream().map(f -> Arguments.of(kind, f)));
    }

    /** Odd widths everywhere, stems and blocks' outputs included; one training step runs as well. */
    @ParameterizedTest
    @MethodSource("families")
    void tiedSetsOfEveryFamily(String kind, Family f) {
        Backend device = BackendsUnderTest.open(kind);
        Shape image = Shape.of(1, 3, f.size, f.size);
        try (NnModule net = Silencer.randomize(Networks.create(f.arch, device, 3, f.size, 10))) {
            ChannelGraph graph = ChannelGraph.trace(net, image);
            Removal removal = new Removal(graph)
                    .filters(f.layers[0], 1, 2, 7)
                    .filters(f.layers[1], 0, 4, 9)
                    .filters(f.layers[2], 5)
                    .filters(f.layers[3], 3);
            Silencer.check(net, removal, image);
            net.train(true);
            try (Scope scope = Scope.open()) {
                Shape batch = Shape.of(4, 3, f.size, f.size);
                Tensor x = scope.own(Tensor.of(device, batch, Workspace.gauss(1, batch.dims())));
                Tensor labels = scope.own(Tensor.ofInts(device, Shape.of(4), 0, 1, 2, 3));
                Tensor metrics = scope.own(Tensor.full(device, Shape.of(3), 0));
                Tensor loss = CrossEntropyOp.apply(net.forward(x), labels, metrics);
                Backprop.run(loss);
                assertTrue(Float.isFinite(loss.item()), "loss " + loss.item());
                net.parameters().forEach((name, p) -> {
                    for (float g : p.tensor().gradientToHost()) assertTrue(Float.isFinite(g), name);
                });
            }
        }
    }

    @Test
    void aLayerCannotLoseEverything() {
        try (NnModule net = SpotNets.concat(backend)) {
            Removal removal = new Removal(ChannelGraph.trace(net, SMALL)).inputs("mix", 5, 6, 7, 8);
            assertEquals(
                    "removal: layer right would lose all filters",
                    assertThrows(IllegalStateException.class, removal::apply).getMessage());
        }
    }
}
