package greg.pruning.ratios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.testing.Nets;
import greg.pruning.testing.SpotNets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Only layers whose channels something ties stay whole, wherever they are in the network, and the error says what ties
 * them.
 */
class WhatStaysWholeTest {
    private static List<String> pruned(ChannelGraph graph, String ratios, Granularity granularity, boolean coupled) {
        return new Target(PruningRatios.parse(ratios), SkipLayers.NONE, null, coupled, false)
                .resolve(graph, granularity).layers().stream()
                        .filter(t -> t.ratio() > 0)
                        .map(t -> t.layer().name())
                        .toList();
    }

    private static List<String> pruned(ChannelGraph graph, String ratios, Granularity granularity) {
        return pruned(graph, ratios, granularity, false);
    }

    @Test
    void convolutionsInFrontOfABlockArePrunedWhereNothingTiesThem() {
        ChannelGraph graph = Nets.of(SpotNets::plainFront);
        assertEquals(List.of("c1", "c2", "c3", "c4", "inner"), pruned(graph, "0.5", Granularity.FILTER));
        assertEquals(List.of("c2", "c3", "c4", "c5", "last"), pruned(graph, "0.5", Granularity.CHANNEL));
        assertEquals(
                List.of("c1", "c2", "c3", "c4", "c5", "inner", "last"), pruned(graph, "0.5", Granularity.FILTER, true));
        assertEquals(List.of("c1", "c2", "c3", "c4"), pruned(graph, "[0.5,0,0]", Granularity.FILTER));
    }

    /** After its stem a ResNet-50 has a projection, so that nothing ties the stem; a ResNet-18 adds to it. */
    @Test
    void stems() {
        assertTrue(pruned(Nets.of("resnet50", 32), "0.5", Granularity.FILTER).contains("conv1"));
        assertEquals(List.of("conv1"), pruned(Nets.of("resnet50", 32), "conv1:0.5", Granularity.FILTER));
        assertEquals(List.of("conv1"), pruned(Nets.of("wrn_16_4", 8), "[0.5,0,0,0,0]", Granularity.FILTER));
        assertEquals(
                "ratios = conv1:0.5: 'conv1:0.5' applies only to layers that must stay whole with filter groups: conv1 (its"
                        + " filters are tied by the addition behind layer1.0.conv2); give 0 there",
                refusal(Nets.of("resnet18", 32), "conv1:0.5", Granularity.FILTER));
    }

    @Test
    void blocksWithoutAResidual() {
        ChannelGraph graph = Nets.of("mobilenet_v2", 32);
        List<String> pruned = pruned(graph, "0.5", Granularity.FILTER);
        for (String free : List.of(
                "features.0.0",
                "features.1.conv.1",
                "features.2.conv.0.0",
                "features.3.conv.0.0",
                "features.17.conv.2",
                "features.18.0")) {
            assertTrue(pruned.contains(free), free);
        }
        assertEquals(
                List.of("features.17.conv.0.0", "features.17.conv.2", "features.18.0"),
                pruned(graph, "features.17.*:0.5,features.18.*:0.5", Granularity.FILTER));
    }

    /** The reference leaves the stem whole when input channels of the first stage are removed: its filters are stage 0's. */
    @Test
    void inputChannelsBelongToTheStageThatMakesThem() {
        ChannelGraph graph = Nets.of("resnet50", 32);
        List<String> first = List.of("layer1.0.conv1", "layer1.0.downsample.0");
        assertEquals(first, pruned(graph, "[0.5,0,0,0,0,0]", Granularity.CHANNEL));
        List<String> pruned = pruned(graph, "[0,0.5,0.5,0.5,0.5,0]", Granularity.CHANNEL);
        assertEquals(2 * 16, pruned.size(), pruned.toString());
        assertTrue(pruned.stream().allMatch(name -> name.matches("layer.*conv[23]")), pruned.toString());
        assertEquals(first, pruned(graph, "layer1.0.*n*1:0.5,layer1.0.d*:0.5", Granularity.CHANNEL));
    }

    private static String refusal(ChannelGraph graph, String ratios, Granularity granularity) {
        return assertThrows(IllegalArgumentException.class, () -> pruned(graph, ratios, granularity))
                .getMessage();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resnet20|layer2.1.conv2|FILTER|its filters are tied by the addition behind layer2.1.conv2",
                "resnet20|layer2.1.conv1|CHANNEL|its input channels are tied by the addition behind layer2.0.conv2",
                "resnet20|layer1.0.conv1|CHANNEL|its input channels are tied by the addition behind layer1.0.conv2",
                "resnet50|layer3.0.downsample.0|FILTER|its filters are tied by the addition behind layer3.0.conv3",
                "resnet50|conv1|CHANNEL|its input channels carry the image's planes",
                "mobilenet_v2|features.2.conv.2|FILTER|its filters are tied by the addition behind features.3.conv.2",
                "mobilenet_v2|features.2.conv.1.0|FILTER|it is depthwise: its channels are those of the layer before it",
                "mobilenet_v2|features.2.conv.1.0|CHANNEL|it is depthwise: its channels are those of the layer before it",
            })
    void theReasonIsTheTrueOne(String arch, String layer, Granularity granularity, String reason) {
        String message = refusal(Nets.of(arch, 32), layer + ":0.5", granularity);
        assertTrue(message.contains(": " + layer + " (" + reason + "); give 0 there"), message);
    }

    @Test
    void outputsAndOverlaps() {
        ChannelGraph segmenting = Nets.of(SpotNets::segmenting);
        assertTrue(refusal(segmenting, "head:0.5", Granularity.FILTER)
                .contains("head (its filters carry the network's outputs)"));
        ChannelGraph dense = Nets.of(SpotNets::dense);
        assertEquals(List.of("first", "second", "third", "mix"), pruned(dense, "0.5", Granularity.FILTER));
        assertTrue(
                refusal(dense, "third:0.5", Granularity.CHANNEL)
                        .contains(
                                "third (its input channels overlap with those of second, mix without being the same)"),
                refusal(dense, "third:0.5", Granularity.CHANNEL));
        String many = refusal(Nets.of("resnet20", 8), "*.conv2:0.5", Granularity.FILTER);
        assertTrue(many.contains("layer1.2.conv2) and 6 more; give 0 there"), many);
    }
}
