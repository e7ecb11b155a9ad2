package greg.pruning.ratios;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.layer.Lambda;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.testing.Nets;
import greg.tensor.op.ReluOp;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruningRatiosTest {
    private static final ChannelGraph RESNET20 = Nets.of("resnet20", 8);
    private static final ChannelGraph VGG11 = Nets.vgg(8);
    private static final ChannelGraph RESNET50 = Nets.of("resnet50", 32);
    private static final ChannelGraph RESNET34 = Nets.of("resnet34", 32);

    private static Target.Resolved resolve(String text, ChannelGraph net, Granularity granularity) {
        return Target.of(PruningRatios.parse(text)).resolve(net, granularity);
    }

    private static double[] ratios(Target.Resolved resolved) {
        return resolved.layers().stream().mapToDouble(LayerTarget::ratio).toArray();
    }

    private static double[] ratios(String text, ChannelGraph net, Granularity granularity) {
        return ratios(resolve(text, net, granularity));
    }

    @Test
    void stagesWithFilters() {
        Target.Resolved r = resolve("[0,0.75,0.75,0.32,0]", RESNET20, Granularity.FILTER);
        double[] expected = new double[20];
        for (int block = 0; block < 9; block++) {
            expected[1 + 2 * block] = block < 6 ? 0.75 : 0.32;
        }
        assertArrayEquals(expected, ratios(r));
        assertEquals(List.of(), r.warnings());
    }

    @Test
    void stagesWithChannels() {
        Target.Resolved r = resolve("[0, 0.5 ,0.5,0.5,0]", RESNET20, Granularity.CHANNEL);
        double[] expected = new double[20];
        for (int block = 0; block < 9; block++) {
            expected[2 + 2 * block] = 0.5;
        }
        assertArrayEquals(expected, ratios(r));
    }

    @Test
    void stagesWithSingleWeightsHaveNoExceptions() {
        Target.Resolved r = Target.of(PruningRatios.parse("[0.8,0.8,0.8,0.8,0.8]"), SkipLayers.parse("[1.0]"))
                .resolve(RESNET20, Granularity.WEIGHT);
        double[] expected = new double[20];
        Arrays.fill(expected, 0.8);
        assertArrayEquals(expected, ratios(r));
        assertEquals(1, r.warnings().size(), "skip-layers does not apply");
        assertEquals(
                0.3,
                resolve("[0,0.3,0,0,0,0]", RESNET50, Granularity.WEIGHT)
                        .of("layer1.0.downsample.0")
                        .ratio());
    }

    @Test
    void bottlenecks() {
        Target.Resolved filter = resolve("[0,0.68,0.68,0.68,0.5,0]", RESNET50, Granularity.FILTER);
        Target.Resolved channel = resolve("[0,0.68,0.68,0.68,0.5,0]", RESNET50, Granularity.CHANNEL);
        double[][] expected = {{0.68, 0.68, 0, 0}, {0, 0.68, 0.68, 0}};
        String[] names = {"layer2.0.conv1", "layer2.0.conv2", "layer2.0.conv3", "layer2.0.downsample.0"};
        for (int i = 0; i < names.length; i++) {
            assertEquals(expected[0][i], filter.of(names[i]).ratio(), names[i]);
            assertEquals(expected[1][i], channel.of(names[i]).ratio(), names[i]);
        }
        assertEquals(0.5, filter.of("layer4.2.conv2").ratio());
        assertEquals(0, filter.of("fc").ratio());
        assertEquals(0, filter.of("conv1").ratio());
    }

    /** The paper's ResNet-34 command. */
    @Test
    void skippedBlocks() {
        Target.Resolved r = Target.of(
                        PruningRatios.parse("[0,0.5,0.6,0.4,0,0]"), SkipLayers.parse("[1.0,2.0,2.3,3.0,3.5]"))
                .resolve(RESNET34, Granularity.FILTER);
        double[] expected = {0, 0.5, 0.5, 0, 0.6, 0.6, 0, 0, 0.4, 0.4, 0.4, 0.4, 0, 0, 0, 0};
        int at = 0;
        for (Layer layer : RESNET34.layers()) {
            double ratio = r.of(layer.name()).ratio();
            assertEquals(layer.name().endsWith(".conv1") ? expected[at++] : 0, ratio, layer.name());
        }
        assertEquals(List.of(), r.warnings());
    }

    @Test
    void ranges() {
        Target.Resolved r = resolve("[1-4:0.5, 5:0.6, 6-7:0.7]", VGG11, Granularity.FILTER);
        assertArrayEquals(new double[] {0, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.7, 0}, ratios(r));
        assertEquals(List.of(), r.warnings());
    }

    @Test
    void aRangeThatEndsBeyondTheNetworkIsCutAndAPenalisedClassifierIsTold() {
        Target.Resolved r = resolve("[1-15:0.7]", VGG11, Granularity.FILTER);
        assertArrayEquals(new double[] {0, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7}, ratios(r));
        assertEquals(2, r.warnings().size());
        assertTrue(r.warnings().get(0).contains("ends beyond the last layer, which is 8 (classifier)"));
        assertTrue(r.warnings().get(1).contains("classifier: penalised, but no filter"));
    }

    @Test
    void imagePlanesAreNoChannelGroups() {
        assertEquals(0, ratios("[0-3:0.5]", VGG11, Granularity.CHANNEL)[0]);
        assertEquals(0.5, ratios("[0-3:0.5]", VGG11, Granularity.FILTER)[0]);
    }

    @Test
    void globs() {
        Target.Resolved r = resolve("layer2.*.conv1:0.5, layer2.1.*:0.25,linear:0", RESNET20, Granularity.FILTER);
        assertEquals(0, r.of("layer1.0.conv1").ratio());
        assertEquals(0.5, r.of("layer2.0.conv1").ratio());
        assertEquals(0.25, r.of("layer2.1.conv1").ratio(), "the last match holds");
        assertEquals(0, r.of("layer2.1.conv2").ratio(), "tied by the residual add");
        assertEquals(0.5, ratios("features.?:0.5", VGG11, Granularity.FILTER)[3]);
    }

    @Test
    void oneNumber() {
        assertArrayEquals(
                ratios("[0,0.5,0.5,0.5,0]", RESNET20, Granularity.FILTER), ratios("0.5", RESNET20, Granularity.FILTER));
        assertEquals(0, ratios("0.5", VGG11, Granularity.FILTER)[8], "no filter of a linear layer is removed");
        assertEquals(0.5, ratios("0.5", VGG11, Granularity.WEIGHT)[8]);
        assertEquals(-1, ratios("-1", VGG11, Granularity.FILTER)[1]);
    }

    @Test
    void allZeroIsAWarning() {
        assertEquals(
                1,
                resolve("[0,0,0,0,0]", RESNET20, Granularity.FILTER).warnings().size());
        assertEquals(1, resolve("[1-7:0]", VGG11, Granularity.FILTER).warnings().size());
    }

    /** Every error is one line that names the option, the text and what to do. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resnet | [0,0.5,0.5,0] | expected 5 ratios, one per stage, got 4; the stages are 0 = conv1, 1 = layer1.0.conv1 to layer1.2.conv2, 2 =",
                "resnet | [0,0.5,0.5,0.5,0,0] | expected 5 ratios, one per stage, got 6",
                "resnet | [0.5,0.5,0.5,0.5,0] | '0.5' for stage 0 applies only to layers that must stay whole with filter groups",
                "resnet | [0,0,0,0,0.5] | only linear layers (linear) have a ratio",
                "resnet | [1-15:0.7] | layer index ranges are for single-branch networks",
                "resnet | [0,1,0,0,0] | ratio 1 is outside [0, 1)",
                "resnet | [0,-0.5,0,0,0] | ratio -0.5 is outside [0, 1)",
                "resnet | [0,NaN,0,0,0] | ratio NaN is outside [0, 1)",
                "resnet | [0,,0,0,0] | '' is not a number",
                "resnet | [] | '' is not a number",
                "resnet | half | 'half' is not a number",
                "resnet | layer9.*:0.5 | 'layer9.*:0.5' matches no layer",
                "resnet | layer1.0.conv2:0.5 | 'layer1.0.conv2:0.5' applies only to layers that must stay whole with filter groups",
                "resnet | layer1.*:0.5,conv2 | 'conv2' is not a name:ratio pair",
                "resnet | [layer1.*:0.5] | 'layer1.*:0.5' is not an index range",
                "vgg | [0,0.5,0.5,0.5,0] | the network has no stages",
                "vgg | [9:0.5] | '9:0.5' starts beyond the last layer, which is 8 (classifier)",
                "vgg | [1-5:0.5,4-7:0.6] | '1-5:0.5' and '4-7:0.6' overlap",
                "vgg | [5-1:0.5] | range '5-1:0.5' ends before it starts",
                "vgg | [1-5:0.5;7:0.2] | '0.5;7:0.2' is not a number",
                "vgg | [1-5:1.5] | ratio 1.5 is outside [0, 1)",
                "vgg | [8:0.5] | only linear layers (classifier) have a ratio",
                "vgg | 1-5:0.5 | '1-5:0.5' matches no layer",
            })
    void mistakes(String net, String text, String expected) {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> resolve(text, net.equals("vgg") ? VGG11 : RESNET20, Granularity.FILTER))
                .getMessage();
        assertTrue(message.startsWith("ratios = " + text + ": "), message);
        assertTrue(message.contains(expected), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void theImageItselfCannotBePruned() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> resolve("[0:0.5]", VGG11, Granularity.CHANNEL))
                .getMessage();
        assertTrue(message.contains("the image's planes"), message);
    }

    @Test
    void aNetworkWithoutConvolutions() {
        ChannelGraph mlp = Nets.of("mlp_7_linear", 4);
        assertThrows(IllegalArgumentException.class, () -> resolve("0.5", mlp, Granularity.FILTER));
        assertEquals(0.5, ratios("0.5", mlp, Granularity.WEIGHT)[0]);
        ChannelGraph none = Nets.of(backend -> new Lambda(backend, ReluOp::apply));
        assertThrows(IllegalArgumentException.class, () -> resolve("0.5", none, Granularity.WEIGHT));
    }

    @Test
    void ratiosAsAMap() {
        Map<String, Double> map = new LinkedHashMap<>();
        map.put("layer2.*", 0.5);
        map.put("layer2.1.conv1.weight", 0.25);
        map.put("layer3.0.conv1", -1.0);
        Target.Resolved r = Target.of(PruningRatios.of(map)).resolveWithoutWeights(RESNET20, Granularity.FILTER);
        assertArrayEquals(
                ratios("layer2.*:0.5,layer2.1.conv1:0.25,layer3.0.conv1:-1", RESNET20, Granularity.FILTER), ratios(r));
        assertEquals(0.25, r.of("layer2.1.conv1").ratio());
        assertEquals(
                "ratios = conv7:0.5: 'conv7:0.5' matches no layer (did you mean 'conv1'?); layers are listed by"
                        + " ChannelGraph.layers()",
                assertThrows(IllegalArgumentException.class, () -> Target.of(PruningRatios.of(Map.of("conv7", 0.5)))
                                .resolve(RESNET20, Granularity.FILTER))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> PruningRatios.of(Map.of("conv1", 1.0)));
    }
}
