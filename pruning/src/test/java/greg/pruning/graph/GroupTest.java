package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.spec.Conv2dOptions;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Sequential;
import greg.pruning.testing.Duo;
import greg.pruning.testing.Nets;
import greg.pruning.testing.SpotNets;
import org.junit.jupiter.api.Test;

class GroupTest {
    private static void prints(String expected, Group group) {
        assertEquals(expected.strip(), group.toString().replace(System.lineSeparator(), "\n"));
    }

    @Test
    void whatGoesWithAFilter() {
        ChannelGraph graph = Nets.of("resnet20", 8);
        prints(
                """
                group of 6, 290 parameters
                  layer1.0.conv1.weight      (16, 16, 3, 3)  row 3
                  layer1.0.bn1.weight        (16)            element 3
                  layer1.0.bn1.bias          (16)            element 3
                  layer1.0.bn1.running_mean  (16)            element 3 (buffer)
                  layer1.0.bn1.running_var   (16)            element 3 (buffer)
                  layer1.0.conv2.weight      (16, 16, 3, 3)  column 3
                """,
                graph.group("layer1.0.conv1", 3));
        assertSame(graph.group("layer1.0.conv1", 3), graph.inputGroup("layer1.0.conv2.weight", 3));
        assertFalse(graph.group("layer1.0.conv1", 3).tied());
    }

    @Test
    void additionsAndShortcuts() {
        Group group = Nets.of("resnet8", 8).group("layer2.0.conv2", 9);
        prints(
                """
                group of 8, 866 parameters, tied by the addition behind layer2.0.conv2
                  layer2.0.conv2.weight      (32, 32, 3, 3)  row 9
                  layer2.0.bn2.weight        (32)            element 9
                  layer2.0.bn2.bias          (32)            element 9
                  layer2.0.bn2.running_mean  (32)            element 9 (buffer)
                  layer2.0.bn2.running_var   (32)            element 9 (buffer)
                  layer3.0.conv1.weight      (64, 32, 3, 3)  column 9
                  shortcut                   16 -> 32        output channel 9
                  shortcut                   32 -> 64        input channel 9
                """,
                group);
        assertTrue(group.tied());
        assertEquals(2, group.copies().size());
    }

    @Test
    void columnsBehindAFlattenAndGroupedRows() {
        prints(
                """
                group of 3, 149761 parameters
                  features.10.weight   (256, 256, 3, 3)  row 3
                  features.10.bias     (256)             element 3
                  classifier.1.weight  (4096, 9216)      columns 108-143
                """,
                Nets.of("alexnet", 224).group("features.10", 3));
        prints(
                """
                group of 3, 138 parameters
                  first.weight    (12, 3, 3, 3)  rows 1, 5, 9
                  first.bias      (12)           elements 1, 5, 9
                  grouped.weight  (6, 4, 3, 3)   column 1
                """,
                Nets.of(SpotNets::grouped).group("first", 5));
    }

    @Test
    void whatCannotGo() {
        ChannelGraph graph = Nets.vgg(1);
        prints(
                """
                group of 1, 90 parameters, cannot be removed: it carries a plane of the image
                  features.0.weight  (10, 3, 3, 3)  column 2
                """,
                graph.inputGroup("features.0", 2));
        prints(
                """
                group of 2, 11 parameters, cannot be removed: it carries an output of the network
                  classifier.weight  (10, 10)  row 7
                  classifier.bias    (10)      element 7
                """,
                graph.group("classifier", 7));
        assertTrue(graph.group("classifier", 7).fixed());
    }

    /** Statistics belong to the normalization that uses them, whichever module owns them. */
    @Test
    void aModuleMayOwnTwoConvolutionsAndTwoNorms() {
        ChannelGraph graph = Nets.of(backend -> new Sequential(
                backend, new Duo(backend, 3, 4, 5), new Conv2d(backend, 5, 2, 1, Conv2dOptions.DEFAULT, false)));
        prints(
                """
                group of 6, 74 parameters
                  0.front           (4, 3, 3, 3)  row 1
                  0.front_scale     (4)           element 1
                  0.front_shift     (4)           element 1
                  0.front_mean      (4)           element 1 (buffer)
                  0.front_variance  (4)           element 1 (buffer)
                  0.back            (5, 4, 3, 3)  column 1
                """,
                graph.group("0.front", 1));
        assertEquals("0.back", graph.layer("0.back").name());
        assertEquals("1", graph.layer("1.weight").name());
        assertEquals(3 + 4 + 5 + 2, graph.groups().size());
    }

    /** Every element of every parameter is in as many groups as it has dimensions that follow channels. */
    @Test
    void allGroupsOfANetwork() {
        ChannelGraph graph = Nets.of("resnet20", 8);
        assertEquals(
                3 + 3 * 16 + 16 + 3 * 32 + 32 + 3 * 64 + 64 + 10, graph.groups().size());
        long rows = 0;
        for (Group group : graph.groups()) {
            for (Group.Member m : group.members()) {
                if (m.name().equals("layer2.1.conv1.weight")) rows += m.rows().length;
            }
        }
        assertEquals(32, rows);
    }

    @Test
    void mistakes() {
        ChannelGraph graph = Nets.vgg(1);
        assertEquals(
                "channel graph: layer features.0 has 10 filters, there is no number 10",
                assertThrows(IllegalArgumentException.class, () -> graph.group("features.0", 10))
                        .getMessage());
        assertEquals(
                "channel graph: layer features.0 has 3 input channels, there is no number -1",
                assertThrows(IllegalArgumentException.class, () -> graph.inputGroup("features.0", -1))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> graph.group("features.7", 0));
    }
}
