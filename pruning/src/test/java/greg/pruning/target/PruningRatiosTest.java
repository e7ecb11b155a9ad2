package greg.pruning.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.Granularity;
import greg.pruning.graph.PrunableLayer;
import greg.pruning.testing.Nets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruningRatiosTest {
    private static final List<PrunableLayer> RESNET20 = Nets.cifarResNet(3);
    private static final List<PrunableLayer> VGG11 = Nets.vgg(8);
    private static final List<PrunableLayer> RESNET50 =
            Nets.resNet(new int[] {3, 4, 6, 3}, 3, new boolean[] {true, true, true, true});
    private static final List<PrunableLayer> RESNET34 =
            Nets.resNet(new int[] {3, 4, 6, 3}, 2, new boolean[] {false, true, true, true});

    private static PruningRatios.Resolved resolve(String text, List<PrunableLayer> net, Granularity wg) {
        return PruningRatios.parse(text).resolve(net, wg, SkipLayers.NONE);
    }

    @Test
    void stagesWithFilters() {
        PruningRatios.Resolved r = resolve("[0,0.75,0.75,0.32,0]", RESNET20, Granularity.FILTER);
        double[] wanted = new double[20];
        for (int block = 0; block < 9; block++) {
            wanted[1 + 2 * block] = block < 6 ? 0.75 : 0.32;
        }
        assertArrayEquals(wanted, r.ratios());
        assertEquals(List.of(), r.warnings());
    }

    @Test
    void stagesWithChannels() {
        PruningRatios.Resolved r = resolve("[0, 0.5 ,0.5,0.5,0]", RESNET20, Granularity.CHANNEL);
        double[] wanted = new double[20];
        for (int block = 0; block < 9; block++) {
            wanted[2 + 2 * block] = 0.5;
        }
        assertArrayEquals(wanted, r.ratios());
    }

    @Test
    void stagesWithSingleWeightsHaveNoExceptions() {
        PruningRatios.Resolved r = PruningRatios.parse("[0.8,0.8,0.8,0.8,0.8]")
                .resolve(RESNET20, Granularity.WEIGHT, SkipLayers.parse("[1.0]"));
        double[] wanted = new double[20];
        Arrays.fill(wanted, 0.8);
        assertArrayEquals(wanted, r.ratios());
        assertEquals(1, r.warnings().size(), "skip-layers does not apply");
        assertEquals(
                0.3,
                Nets.of("layer1.0.downsample.0", RESNET50, resolve("[0,0.3,0,0,0,0]", RESNET50, Granularity.WEIGHT)));
    }

    @Test
    void bottlenecks() {
        PruningRatios.Resolved filter = resolve("[0,0.68,0.68,0.68,0.5,0]", RESNET50, Granularity.FILTER);
        PruningRatios.Resolved channel = resolve("[0,0.68,0.68,0.68,0.5,0]", RESNET50, Granularity.CHANNEL);
        double[][] wanted = {{0.68, 0.68, 0, 0}, {0, 0.68, 0.68, 0}};
        String[] names = {"layer2.0.conv1", "layer2.0.conv2", "layer2.0.conv3", "layer2.0.downsample.0"};
        for (int i = 0; i < names.length; i++) {
            assertEquals(wanted[0][i], Nets.of(names[i], RESNET50, filter), names[i]);
            assertEquals(wanted[1][i], Nets.of(names[i], RESNET50, channel), names[i]);
        }
        assertEquals(0.5, Nets.of("layer4.2.conv2", RESNET50, filter));
        assertEquals(0, Nets.of("fc", RESNET50, filter));
        assertEquals(0, Nets.of("conv1", RESNET50, filter));
    }

    /** The paper's ResNet-34 command. */
    @Test
    void skippedBlocks() {
        PruningRatios.Resolved r = PruningRatios.parse("[0,0.5,0.6,0.4,0,0]")
                .resolve(RESNET34, Granularity.FILTER, SkipLayers.parse("[1.0,2.0,2.3,3.0,3.5]"));
        double[] wanted = {0, 0.5, 0.5, 0, 0.6, 0.6, 0, 0, 0.4, 0.4, 0.4, 0.4, 0, 0, 0, 0};
        int at = 0;
        for (PrunableLayer layer : RESNET34) {
            double ratio = Nets.of(layer.name(), RESNET34, r);
            assertEquals(layer.firstInBlock() ? wanted[at++] : 0, ratio, layer.name());
        }
        assertEquals(List.of(), r.warnings());
    }

    @Test
    void ranges() {
        PruningRatios.Resolved r = resolve("[1-4:0.5, 5:0.6, 6-7:0.7]", VGG11, Granularity.FILTER);
        assertArrayEquals(new double[] {0, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.7, 0}, r.ratios());
        assertEquals(List.of(), r.warnings());
    }

    @Test
    void aRangeThatEndsBeyondTheNetworkIsCutAndAPenalisedClassifierIsTold() {
        PruningRatios.Resolved r = resolve("[1-15:0.7]", VGG11, Granularity.FILTER);
        assertArrayEquals(new double[] {0, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7}, r.ratios());
        assertEquals(2, r.warnings().size());
        assertTrue(r.warnings().get(0).contains("ends beyond the last layer, which is 8 (classifier)"));
        assertTrue(r.warnings().get(1).contains("classifier: penalised, but no filter"));
    }

    @Test
    void imagePlanesAreNoChannelGroups() {
        assertEquals(0, resolve("[0-3:0.5]", VGG11, Granularity.CHANNEL).ratios()[0]);
        assertEquals(0.5, resolve("[0-3:0.5]", VGG11, Granularity.FILTER).ratios()[0]);
    }

    @Test
    void globs() {
        PruningRatios.Resolved r = resolve("layer2.*.conv1:0.5, layer2.1.*:0.25,fc:0", RESNET20, Granularity.FILTER);
        assertEquals(0, Nets.of("layer1.0.conv1", RESNET20, r));
        assertEquals(0.5, Nets.of("layer2.0.conv1", RESNET20, r));
        assertEquals(0.25, Nets.of("layer2.1.conv1", RESNET20, r), "the last match holds");
        assertEquals(0, Nets.of("layer2.1.conv2", RESNET20, r), "tied by the residual add");
        assertEquals(0.5, resolve("features.?:0.5", VGG11, Granularity.FILTER).ratios()[3]);
    }

    @Test
    void oneNumber() {
        assertArrayEquals(
                resolve("[0,0.5,0.5,0.5,0]", RESNET20, Granularity.FILTER).ratios(),
                resolve("0.5", RESNET20, Granularity.FILTER).ratios());
        assertEquals(0, resolve("0.5", VGG11, Granularity.FILTER).ratios()[8], "no filter of a linear layer goes");
        assertEquals(0.5, resolve("0.5", VGG11, Granularity.WEIGHT).ratios()[8]);
        assertEquals(-1, resolve("-1", VGG11, Granularity.FILTER).ratios()[1]);
    }

    @Test
    void allZeroIsAWarning() {
        assertEquals(
                1,
                resolve("[0,0,0,0,0]", RESNET20, Granularity.FILTER).warnings().size());
        assertEquals(1, resolve("[1-7:0]", VGG11, Granularity.FILTER).warnings().size());
    }

    /** Whatever is wrong is one line that names the option, the text and what to do. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resnet | [0,0.5,0.5,0] | expected 5 ratios, one per stage, got 4; the stages are 0 = conv1, 1 = layer1.0.conv1 to layer1.2.conv2, 2 =",
                "resnet | [0,0.5,0.5,0.5,0,0] | expected 5 ratios, one per stage, got 6",
                "resnet | [0.5,0.5,0.5,0.5,0] | '0.5' for stage 0 only meets layers that filter groups must leave whole",
                "resnet | [0,0,0,0,0.5] | only linear layers (fc) have a ratio",
                "resnet | [1-15:0.7] | layer index ranges are for single-branch networks",
                "resnet | [0,1,0,0,0] | ratio 1 is outside [0, 1)",
                "resnet | [0,-0.5,0,0,0] | ratio -0.5 is outside [0, 1)",
                "resnet | [0,NaN,0,0,0] | ratio NaN is outside [0, 1)",
                "resnet | [0,,0,0,0] | '' is no number",
                "resnet | [] | '' is no number",
                "resnet | half | 'half' is no number",
                "resnet | layer9.*:0.5 | 'layer9.*:0.5' matches no layer",
                "resnet | layer1.0.conv2:0.5 | 'layer1.0.conv2:0.5' only meets layers that filter groups must leave whole",
                "resnet | layer1.*:0.5,conv2 | 'conv2' is no name:ratio",
                "resnet | [layer1.*:0.5] | 'layer1.*:0.5' is no index range",
                "vgg | [0,0.5,0.5,0.5,0] | the network has no stages",
                "vgg | [9:0.5] | '9:0.5' starts beyond the last layer, which is 8 (classifier)",
                "vgg | [1-5:0.5,4-7:0.6] | '1-5:0.5' and '4-7:0.6' overlap",
                "vgg | [5-1:0.5] | range '5-1:0.5' ends before it starts",
                "vgg | [1-5:0.5;7:0.2] | '0.5;7:0.2' is no number",
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
        List<PrunableLayer> mlp = List.of(new PrunableLayer("fc1", 0, -1, -1, -1, false, false, true, true, false));
        assertThrows(IllegalArgumentException.class, () -> resolve("0.5", mlp, Granularity.FILTER));
        assertThrows(IllegalArgumentException.class, () -> resolve("0.5", List.of(), Granularity.FILTER));
        assertEquals(0.5, resolve("0.5", mlp, Granularity.WEIGHT).ratios()[0]);
    }
}
