package greg.pruning.ratios;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.Vgg;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Silencer;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.LayerState;
import greg.pruning.select.Selection;
import greg.pruning.testing.SpotNets;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GlobalRatiosTest {
    private static final Shape IMAGE = Shape.of(1, 3, 8, 8);
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void close() {
        backend.close();
    }

    /** Three convolutions of 4, 2 and 4 filters, with filter norms as given. */
    private NnModule vgg(float[]... norms) {
        NnModule net = new Vgg(backend, new int[] {4, 2, 4}, true, 3, 5);
        int at = 0;
        for (String name : List.of("features.0.weight", "features.3.weight", "features.6.weight")) {
            Tensor w = net.parameters().get(name).tensor();
            float[] values = new float[(int) w.shape().size()];
            int size = values.length / w.shape().dim(0);
            for (int i = 0; i < values.length; i++) values[i] = (i % 2 == 0 ? 1 : -1) * norms[at][i / size];
            w.set(values);
            at++;
        }
        return net;
    }

    private static double[] counts(NnModule net, String ratios, Granularity granularity, boolean coupled) {
        ChannelGraph graph = ChannelGraph.trace(net, IMAGE);
        return target(ratios, coupled).resolve(graph, granularity).layers().stream()
                .mapToDouble(t -> t.ratio() == 0 ? 0 : count(t, granularity))
                .toArray();
    }

    private static int count(LayerTarget target, Granularity granularity) {
        int groups = granularity.index(target.layer()).count();
        return Selection.count(target.ratio(), target.coupling().count(groups));
    }

    private static Target target(String ratios, boolean coupled) {
        return new Target(PruningRatios.parse(ratios), SkipLayers.NONE, null, coupled, true);
    }

    @Test
    void groupsAreRankedByScoreOverTheirLayersMean() {
        // normalised: 0.4 0.8 1.2 1.6 | 0.5 1.5 | 0.1 0.3 1.6 2.0
        float[][] norms = {{4, 8, 12, 16}, {0.01f, 0.03f}, {0.05f, 0.15f, 0.8f, 1}};
        try (NnModule net = vgg(norms)) {
            assertArrayEquals(new double[] {0, 0, 1, 0}, counts(net, "0.1", Granularity.FILTER, false));
            assertArrayEquals(new double[] {1, 0, 2, 0}, counts(net, "0.3", Granularity.FILTER, false));
            assertArrayEquals(new double[] {1, 1, 2, 0}, counts(net, "0.4", Granularity.FILTER, false));
            assertArrayEquals(new double[] {2, 1, 2, 0}, counts(net, "0.41", Granularity.FILTER, false));
            assertArrayEquals(new double[] {3, 1, 3, 0}, counts(net, "0.9", Granularity.FILTER, false));
        }
    }

    @Test
    void noLayerGoesAltogether() {
        float[][] norms = {{1, 1, 1, 1}, {1, 1}, {0, 0, 0, 0}};
        try (NnModule net = vgg(norms)) {
            assertArrayEquals(new double[] {0, 0, 3, 0}, counts(net, "0.3", Granularity.FILTER, false));
        }
    }

    @Test
    void oneRatioIsExpected() {
        try (NnModule net = vgg(new float[4], new float[2], new float[4])) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> counts(net, "features.0:0.5,features.3:0.4", Granularity.FILTER, false))
                    .getMessage();
            assertTrue(message.startsWith("global: expected one ratio in [0, 1) for all layers"), message);
            assertThrows(IllegalArgumentException.class, () -> counts(net, "-1", Granularity.FILTER, false));
            assertArrayEquals(new double[4], counts(net, "0", Granularity.FILTER, false));
        }
    }

    /** 2 of 10 single weights of 0.1 and 0.2 of the mean; all layers are ranked together. */
    @Test
    void singleWeights() {
        float[][] norms = {{4, 8, 12, 16}, {0.01f, 0.03f}, {0.05f, 0.15f, 0.8f, 1}};
        try (NnModule net = vgg(norms)) {
            double[] counts = counts(net, "features.*:0.2", Granularity.WEIGHT, false);
            int all = 4 * 27 + 2 * 36 + 4 * 18;
            // the 36 weights of 0.1 and 0.3 are removed first, then 15 of the first layer's 27 of 0.4
            assertArrayEquals(new double[] {15, 0, 36, 0}, counts);
            assertEquals((int) Math.ceil(0.2 * all), 15 + 36);
        }
    }

    /** A unit of a coupled set counts for all the groups that it removes. */
    @Test
    void coupledSetsCountAllTheirGroups() {
        try (NnModule net = Silencer.randomize(SpotNets.nested(backend))) {
            ChannelGraph graph = ChannelGraph.trace(net, IMAGE);
            Target.Resolved global = target("0.4", true).resolve(graph, Granularity.FILTER);
            GregConfig config = GregConfig.l1().build();
            try (GrowingRegularization run = new GrowingRegularization(config, net, graph, global.layers())) {
                run.run(null);
                int groups = 0;
                for (LayerState layer : run.layers())
                    groups += layer.selection().pruned().length;
                int all = 6 + 8 + 7 + 8 + 6; // stem and outer2, outer1 and inner2, inner1
                assertTrue(groups >= 0.4 * all && groups <= 0.4 * all + 2, groups + " of " + all);
                assertEquals(global.of("stem").ratio(), global.of("outer2").ratio());
                Silencer.check(net, run.removal(), IMAGE);
            }
        }
    }
}
