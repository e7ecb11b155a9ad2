package greg.pruning.growth;

import static greg.pruning.growth.Runs.config;
import static greg.pruning.growth.Runs.repeat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.graph.Granularity;
import greg.pruning.growth.GrowthSchedule.Phase;
import greg.pruning.select.PickPruned;
import greg.pruning.select.Selection;
import java.util.List;
import org.junit.jupiter.api.Test;

/** GReg-2 on made-up scores; the numbers follow from eq. 9 and eq. 2 with steps that float32 holds exactly. */
class Greg2Test {
    @Test
    void raisesAllThenPicksThenPushes() {
        GregConfig config =
                config(PruningMethod.GREG_2).regGranularityRecover(-0.5).build();
        LayerState layer = Runs.layers(4, 0.5).get(0);
        GrowthSchedule schedule = GrowthSchedule.start(config, List.of(layer), Runs::rising);

        schedule.update(0, Runs::rising, e -> assertFalse(e.picked()));
        assertArrayEquals(repeat(0.125f, 4), layer.lambda());
        assertThrows(IllegalStateException.class, layer::selection);

        // the order has changed by now, and the pick follows the scores of this visit
        schedule.update(1, l -> () -> new float[] {9, 1, 8, 2}, e -> assertTrue(e.picked() && !e.finished()));
        assertArrayEquals(
                repeat(0.25f, 4), layer.lambda(), "reached tau' exactly; not reset, kept groups not released");
        assertArrayEquals(new int[] {1, 3}, layer.selection().pruned());
        assertEquals(1, layer.pickIteration());

        schedule.update(2, Runs::rising, e -> assertTrue(e.lambdaChanged()));
        assertArrayEquals(new float[] {-0.5f, 0.5f, -0.5f, 0.5f}, layer.lambda());
        schedule.update(3, Runs::rising, e -> {});
        assertArrayEquals(new float[] {-0.5f, 0.75f, -0.5f, 0.75f}, layer.lambda(), "assigned, not added");
        schedule.update(4, Runs::rising, e -> assertFalse(e.finished(), "at tau exactly"));
        schedule.update(5, Runs::rising, e -> assertTrue(e.finished()));
        assertEquals(5, schedule.stabilizeStart());
    }

    @Test
    void canFinishInTheVisitThatPicks() {
        GregConfig config = config(PruningMethod.GREG_2).magRatioLimit(1).build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        Runs.grow(schedule, 1, 100, Runs::rising);
        assertEquals(1, schedule.stabilizeStart());
        assertArrayEquals(repeat(0.25f, 4), schedule.layers().get(0).lambda(), "never pushed, never released");
    }

    @Test
    void onlyItsOwnHistoryCounts() {
        GregConfig config = config(PruningMethod.GREG_2).magRatioLimit(3).build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(2, 0.5, 0.5), Greg2Test::uneven);
        Runs.grow(schedule, 1, 100, Greg2Test::uneven);
        assertEquals(1, schedule.layers().get(0).finishIteration(), "4 >= 3, though the other layer is at 1.5");
        assertEquals(5, schedule.layers().get(1).finishIteration(), "by tau");
    }

    /** PyTorch: {@code h = torch.tensor(4.); h = h * 0.9 + torch.tensor(x) * 0.1} for x = 4, then 1. */
    @Test
    void theHistoryGoesOnAcrossThePick() {
        GregConfig config = config(PruningMethod.GREG_2).build();
        LayerState layer = Runs.layers(2, 0.5).get(0);
        GrowthSchedule schedule = GrowthSchedule.start(config, List.of(layer), Runs::rising);
        Runs.grow(schedule, 1, 2, l -> () -> new float[] {1, 4});
        assertTrue(layer.picked());
        schedule.update(2, l -> () -> new float[] {1, 1}, e -> {});
        assertEquals(0x1.d99998p+1f, layer.history());
    }

    private static GroupScores uneven(LayerState layer) {
        return () -> layer.name().equals("l0") ? new float[] {1, 4} : new float[] {2, 3};
    }

    @Test
    void thePickTakesTheSmallestWhateverPickPrunedSays() {
        GregConfig config =
                config(PruningMethod.GREG_2).pickPruned(PickPruned.MAX).build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        Runs.grow(schedule, 1, 2, Runs::rising);
        assertArrayEquals(new int[] {0, 1}, schedule.layers().get(0).selection().pruned());
    }

    @Test
    void singleWeightsAreReadOnlyForThePick() {
        GregConfig config =
                config(PruningMethod.GREG_2).granularity(Granularity.WEIGHT).build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        int[] reads = new int[1];
        Runs.grow(schedule, 1, 100, l -> () -> {
            reads[0]++;
            return new float[] {1, 2, 3, 4};
        });
        assertEquals(1, reads[0]);
        assertEquals(5, schedule.stabilizeStart());
    }

    @Test
    void paperSemantics() {
        GregConfig config = config(PruningMethod.GREG_2)
                .semantics(Semantics.PAPER)
                .weightDecay(5e-4)
                .magRatioLimit(1e-3)
                .build();
        LayerState layer = Runs.layers(4, 0.5).get(0);
        GrowthSchedule schedule = GrowthSchedule.start(config, List.of(layer), Runs::rising);
        // one delta lambda, 0.25, for both stages; tau' = 0.25 must be passed before adding
        Runs.grow(schedule, 1, 2, Runs::rising);
        assertArrayEquals(repeat(0.5f, 4), layer.lambda());
        assertFalse(layer.picked());
        schedule.update(2, Runs::rising, e -> {});
        assertArrayEquals(new float[] {0.75f, 0.75f, -5e-4f, -5e-4f}, layer.lambda(), "picked, then pushed at once");
        schedule.update(3, Runs::rising, e -> {});
        schedule.update(4, Runs::rising, e -> {});
        assertEquals(4, schedule.stabilizeStart());
        schedule.complete(7, l -> () -> new float[] {9, 1, 9, 2});
        assertArrayEquals(new int[] {1, 3}, layer.selection().pruned());
        assertEquals(2, layer.pickIteration());
    }

    @Test
    void anAutomaticRatioThatComesToNothingEndsTheLayer() {
        GroupScores equal = () -> repeat(1, 4);
        LayerState layer = Runs.layers(4, Selection.AUTOMATIC).get(0);
        GrowthSchedule schedule =
                GrowthSchedule.start(config(PruningMethod.GREG_2).build(), List.of(layer), l -> equal);
        Runs.grow(schedule, 1, 100, l -> equal);
        assertEquals(2, schedule.stabilizeStart());
        assertArrayEquals(repeat(0, 4), layer.lambda());
        assertArrayEquals(new int[] {0, 1, 2, 3}, layer.selection().kept());
    }

    @Test
    void aResumedRunGoesOnToTheBit() {
        GregConfig config = GregConfig.greg2().build();
        GrowthSchedule whole = GrowthSchedule.start(config, Runs.layers(5, 0.5, 0, 0.25), Runs::rising);
        List<GrowthEvent> expected = Runs.grow(whole, 5, 20_000, Runs::rising);
        for (int cut : new int[] {0, 1, 700, 1001, 1002, 5000}) {
            GrowthSchedule first = GrowthSchedule.start(config, Runs.layers(5, 0.5, 0, 0.25), Runs::rising);
            int seen = Runs.grow(first, 5, cut, Runs::rising).size();
            GrowthSchedule second = GrowthSchedule.resume(config, Runs.layers(5, 0.5, 0, 0.25), first.save());
            for (long u = cut; second.phase() == Phase.UPDATE_REG; u++) {
                int from = seen;
                int[] at = {from};
                second.update(u * 5, Runs::rising, e -> assertEquals(expected.get(at[0]++), e));
                seen = at[0];
            }
            assertEquals(expected.size(), seen);
            assertEquals(whole.stabilizeStart(), second.stabilizeStart());
            GrowthSchedule third = GrowthSchedule.resume(config, Runs.layers(5, 0.5, 0, 0.25), second.save());
            assertEquals(Phase.STABILIZE_REG, third.phase());
            for (int i = 0; i < 3; i++) {
                LayerState a = whole.layers().get(i);
                LayerState b = third.layers().get(i);
                assertArrayEquals(a.lambda(), b.lambda());
                assertEquals(a.selection(), b.selection());
                assertEquals(a.pickIteration(), b.pickIteration());
                assertEquals(a.finishIteration(), b.finishIteration());
            }
        }
    }

    @Test
    void anotherNetworksStateIsRefused() {
        GregConfig config = config(PruningMethod.GREG_2).build();
        GrowthSchedule.Saved saved =
                GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising).save();
        assertThrows(
                IllegalArgumentException.class, () -> GrowthSchedule.resume(config, Runs.layers(4, 0.5, 0.5), saved));
        assertThrows(IllegalArgumentException.class, () -> GrowthSchedule.resume(config, Runs.layers(8, 0.5), saved));
    }

    @Test
    void callsAtTheWrongTimeAreRefused() {
        GregConfig config = config(PruningMethod.GREG_2).updateRegInterval(5).build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        assertThrows(IllegalStateException.class, () -> schedule.update(3, Runs::rising, e -> {}));
        assertThrows(IllegalStateException.class, () -> schedule.complete(3, Runs::rising));
        assertThrows(IllegalArgumentException.class, () -> GrowthSchedule.start(config, List.of(), Runs::rising));
        assertThrows(
                IllegalArgumentException.class,
                () -> GrowthSchedule.start(config(PruningMethod.L1).build(), Runs.layers(4, 0.5), Runs::rising));
    }

    @Test
    void cutShortWhatWasPickedStaysAndTheOthersPickNow() {
        GregConfig config = config(PruningMethod.GREG_2).build();
        LayerState early = Runs.layers(4, 0.5).get(0);
        LayerState late = new LayerState("late", 1, 0.5, early.groups());
        LayerState whole = new LayerState("whole", 2, 0, early.groups());
        early.raiseAll(0.125f); // so it picks in the first update, the other does not
        GrowthSchedule schedule = GrowthSchedule.start(config, List.of(early, late, whole), Runs::rising);
        schedule.update(0, Runs::rising, e -> {});
        assertTrue(early.picked() && !late.picked());
        assertEquals(1, schedule.cutShort(0, l -> () -> new float[] {9, 1, 8, 2}));
        assertEquals(Phase.DONE, schedule.phase());
        assertArrayEquals(new int[] {0, 1}, early.selection().pruned(), "as picked, though others are smaller now");
        assertArrayEquals(new int[] {1, 3}, late.selection().pruned(), "the smallest at this point");
        assertTrue(whole.keepsAll());
        assertThrows(IllegalStateException.class, () -> schedule.cutShort(1, Runs::rising));
    }
}
