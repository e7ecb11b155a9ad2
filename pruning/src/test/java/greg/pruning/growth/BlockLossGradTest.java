package greg.pruning.growth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.nn.train.InputSource;
import greg.nn.train.TrainData;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.ratios.LayerTarget;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code --block-loss-grad}: in every convolution and linear layer, whatever its ratio, the penalty's gradient replaces the
 * loss's; biases and BN have no penalty and keep theirs.
 */
class BlockLossGradTest {
    private static final int BATCH = 4;
    private static final List<String> WHOLE = List.of("conv2", "conv3", "fc1", "fc2");

    private final Backend backend = Backends.open("auto", BackendOptions.standard());

    private static GregConfig config(PruningMethod method, Granularity wg, boolean block) {
        return Runs.config(method)
                .granularity(wg)
                .momentum(0)
                .weightDecay(0)
                .lrPrune(0.05)
                .blockLossGrad(block)
                .build();
    }

    /** Grows on random images until the removal is due, without removing; only conv1 has a ratio. */
    private StateDict grown(NnModule net, GregConfig config, double conv1) {
        ChannelGraph graph = ChannelGraph.trace(net, Shape.of(1, 1, 28, 28));
        List<LayerTarget> targets = graph.layers().stream()
                .map(l -> LayerTarget.of(l, l.name().equals("conv1") ? conv1 : 0))
                .toList();
        Random random = new Random(3);
        InputSource feed = () -> {
            float[] images = new float[BATCH * 28 * 28];
            for (int i = 0; i < images.length; i++) images[i] = (float) random.nextGaussian();
            return new InputSource.Input(
                    Tensor.of(backend, Shape.of(BATCH, 1, 28, 28), images),
                    Tensor.ofInts(backend, Shape.of(BATCH), new int[] {1, 2, 3, 4}));
        };
        try (GrowingRegularization run = new GrowingRegularization(config, net, graph, targets)) {
            run.run(TrainData.endless(feed));
        }
        return StateDict.of(net);
    }

    @ParameterizedTest
    @CsvSource({"GREG_1,FILTER", "GREG_2,FILTER", "FIX_REG,FILTER", "GREG_2,WEIGHT"})
    void weightsOfLayersThatStayWholeDoNotMoveAndBiasesDo(PruningMethod method, Granularity wg) {
        try (NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 7)) {
            StateDict before = StateDict.of(net);
            StateDict after = grown(net, config(method, wg, true), 0.5);
            for (String layer : WHOLE) {
                String weight = layer + ".weight";
                if (!before.contains(weight)) continue;
                assertArrayEquals(before.get(weight).values(), after.get(weight).values(), method + " " + weight);
                assertFalse(
                        Arrays.equals(
                                before.get(layer + ".bias").values(),
                                after.get(layer + ".bias").values()),
                        layer + ".bias");
            }
            assertFalse(
                    Arrays.equals(
                            before.get("conv1.weight").values(),
                            after.get("conv1.weight").values()),
                    "the penalty acts where groups are removed");
        }
    }

    @Test
    void withoutTheFlagTheyMove() {
        try (NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 7)) {
            StateDict before = StateDict.of(net);
            StateDict after = grown(net, config(PruningMethod.GREG_1, Granularity.FILTER, false), 0.5);
            int seen = 0;
            for (String layer : WHOLE) {
                if (!before.contains(layer + ".weight")) continue;
                seen++;
                assertFalse(Arrays.equals(
                        before.get(layer + ".weight").values(),
                        after.get(layer + ".weight").values()));
            }
            assertTrue(seen >= 3, "layers of a lenet5 seen: " + seen);
        }
    }

    @Test
    void nothingMovesWhereNothingGoes() {
        try (NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 7)) {
            StateDict before = StateDict.of(net);
            StateDict after = grown(net, config(PruningMethod.GREG_1, Granularity.FILTER, true), 0);
            for (String name : before.names()) {
                boolean same =
                        Arrays.equals(before.get(name).values(), after.get(name).values());
                assertEquals(name.endsWith(".weight"), same, name);
            }
        }
    }
}
