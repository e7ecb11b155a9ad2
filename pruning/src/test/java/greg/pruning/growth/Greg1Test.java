package greg.pruning.growth;

import static greg.pruning.growth.Runs.config;
import static greg.pruning.growth.Runs.repeat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.Granularity;
import greg.pruning.growth.GrowthSchedule.Phase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** GReg-1 on made-up scores; the numbers follow from eq. 2 with steps that float32 holds exactly. */
class Greg1Test {
    @Test
    void raisesThePrunedGroupsAlone() {
        GrowthSchedule schedule =
                GrowthSchedule.start(config(PruningMethod.GREG_1).build(), Runs.layers(4, 0.5), Runs::rising);
        List<GrowthEvent> events = Runs.grow(schedule, 1, 2, Runs::rising);
        LayerState layer = schedule.layers().get(0);
        assertArrayEquals(new int[] {0, 1}, layer.selection().pruned());
        assertArrayEquals(new float[] {0.5f, 0.5f, 0, 0}, layer.lambda());
        assertEquals(0.25f, events.get(1).lambdaMean());
        assertEquals(3.5f / 1.5f, events.get(1).magRatio());
        assertEquals(2.5f, events.get(1).scoreMean());
        assertTrue(events.get(1).lambdaChanged());
    }

    @Test
    void endsStrictlyAboveTauAndStabilises() {
        GrowthSchedule schedule =
                GrowthSchedule.start(config(PruningMethod.GREG_1).build(), Runs.layers(4, 0.5, 0), Runs::rising);
        List<GrowthEvent> events = Runs.grow(schedule, 1, 100, Runs::rising);
        // 0.25, 0.5, 0.75, 1.0 (not above), 1.25; the layer with ratio 0 is visited once
        assertEquals(6, events.size());
        assertEquals(0, schedule.layers().get(1).finishIteration());
        assertEquals(4, schedule.stabilizeStart());
        assertEquals(Phase.STABILIZE_REG, schedule.phase());
        assertFalse(schedule.updateDue(5));
        assertFalse(schedule.pruneDue(6));
        assertTrue(schedule.pruneDue(7), "K_s = 3");
        assertFalse(schedule.pruneDue(8), "equality, not at least");
        schedule.complete(7, l -> {
            throw new AssertionError("the selection is not made again");
        });
        assertEquals(Phase.DONE, schedule.phase());
        assertArrayEquals(new int[] {0, 1}, schedule.layers().get(0).selection().pruned());
    }

    @Test
    void theFirstLayerCanFinishBeforeTheOthersAreInTheTable() {
        GregConfig config = config(PruningMethod.GREG_1).magRatioLimit(2).build();
        // ratio 4 in the first layer, 1.5 in the second: only what is in the table when a layer is visited counts
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(2, 0.5, 0.5), Greg1Test::uneven);
        Runs.grow(schedule, 1, 100, Greg1Test::uneven);
        assertEquals(0, schedule.layers().get(0).finishIteration());
        assertEquals(4, schedule.layers().get(1).finishIteration(), "by tau: its own ratio stays below");
        assertArrayEquals(new float[] {0.25f, 0}, schedule.layers().get(0).lambda(), "stays and keeps acting");
        assertEquals(4f, schedule.layers().get(0).history(), "frozen");
    }

    @Test
    void aLayerWithASmallHistoryHoldsUpThoseAfterIt() {
        GregConfig config = config(PruningMethod.GREG_1).magRatioLimit(2).build();
        List<LayerState> layers = Runs.layers(2, 0.5, 0.5);
        List<LayerState> backwards = List.of(layers.get(1), layers.get(0));
        GrowthSchedule schedule = GrowthSchedule.start(config, backwards, Greg1Test::uneven);
        Runs.grow(schedule, 1, 100, Greg1Test::uneven);
        assertEquals(4, layers.get(0).finishIteration(), "its own ratio of 4 does not suffice");
    }

    private static GroupScores uneven(LayerState layer) {
        return () -> layer.name().equals("l0") ? new float[] {1, 4} : new float[] {2, 3};
    }

    /** PyTorch: {@code h = torch.tensor(1.1); h = h * 0.9 + torch.tensor(x) * 0.1} for x = 1.3, then 17.7. */
    @Test
    void historyIsRoundedAtEachOperation() {
        LayerState layer = Runs.layers(2, 0.5).get(0);
        assertFalse(layer.hasHistory());
        layer.follow(1.1f);
        assertEquals(1.1f, layer.history());
        layer.follow(1.3f);
        assertEquals(0x1.1eb852p+0f, layer.history());
        layer.follow(17.7f);
        assertEquals(0x1.639582p+1f, layer.history());
    }

    @Test
    void aRatioThatIsNoNumberEndsNothing() {
        GregConfig config = config(PruningMethod.GREG_1).magRatioLimit(1e-3).build();
        GroupScores dead = () -> new float[4];
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), l -> dead);
        Runs.grow(schedule, 1, 100, l -> dead);
        assertEquals(4, schedule.stabilizeStart(), "by tau");
        assertTrue(Float.isNaN(schedule.layers().get(0).history()));
    }

    @Test
    void singleWeightsHaveNoRatio() {
        GregConfig config = config(PruningMethod.GREG_1)
                .granularity(Granularity.WEIGHT)
                .magRatioLimit(1e-3)
                .build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        List<GrowthEvent> events = Runs.grow(schedule, 1, 100, l -> () -> {
            throw new AssertionError("weights are not read back for nothing");
        });
        assertEquals(4, schedule.stabilizeStart());
        assertTrue(Float.isNaN(events.get(0).magRatio())
                && Float.isNaN(events.get(0).history()));
    }

    @Test
    void paperSemantics() {
        GregConfig config = config(PruningMethod.GREG_1)
                .semantics(Semantics.PAPER)
                .weightDecay(5e-4)
                .magRatioLimit(1e-3)
                .build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        Runs.grow(schedule, 1, 100, Runs::rising);
        LayerState layer = schedule.layers().get(0);
        assertArrayEquals(new float[] {1.25f, 1.25f, -5e-4f, -5e-4f}, layer.lambda());
        assertEquals(4, schedule.stabilizeStart(), "no stop by magnitude ratio");
        schedule.complete(7, l -> () -> new float[] {9, 1, 9, 2});
        assertArrayEquals(new int[] {1, 3}, layer.selection().pruned(), "L1 order at the end");
    }

    @Test
    void fixedPenalty() {
        GrowthSchedule schedule = GrowthSchedule.start(
                config(PruningMethod.FIX_REG).regUpperLimit(0.5).build(), Runs.layers(4, 0.5, 0), Runs::rising);
        assertEquals(2, Runs.grow(schedule, 1, 100, Runs::rising).size());
        assertArrayEquals(
                new float[] {0.5f, 0.5f, 0, 0}, schedule.layers().get(0).lambda());
        assertArrayEquals(repeat(0, 4), schedule.layers().get(1).lambda());
        assertEquals(0, schedule.stabilizeStart());
        assertTrue(schedule.pruneDue(3));
    }
}
