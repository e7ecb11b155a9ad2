package greg.pruning.growth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.SettingException;
import greg.pruning.graph.Granularity;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class GregConfigTest {
    @Test
    void defaultsAreTheReferenceImplementations() {
        GregConfig c = GregConfig.greg2().build();
        assertEquals(new GregConfig.Growing(5, 40_000, 1, 1e-4, 1000), c.growing());
        assertEquals(new GregConfig.Picking(0.01, 1e-5, -1e-4), c.picking());
        assertEquals("0.001 1.0E-4 0.9", c.lrPrune() + " " + c.weightDecay() + " " + c.momentum());
        assertEquals(Granularity.FILTER, c.granularity());
        assertEquals(ScoreKind.L1, c.score());
        assertEquals(PickPruned.MIN, c.pickPruned());
        assertEquals(Semantics.REFERENCE, c.semantics());
    }

    @Test
    void methodsHaveTheirNames() {
        assertEquals(PruningMethod.L1, GregConfig.l1().build().method());
        assertEquals(PruningMethod.GREG_1, GregConfig.greg1().build().method());
        assertEquals(PruningMethod.GREG_2, GregConfig.greg2().build().method());
        assertEquals(PruningMethod.FIX_REG, GregConfig.fixReg().build().method());
    }

    @Test
    void cifarCommands() {
        GregConfig c = GregConfig.greg1().cifar().build();
        assertEquals(new GregConfig.Growing(10, 10_000, 1, 1e-4, 1000), c.growing());
        assertEquals(5e-4, c.weightDecay());
    }

    @Test
    void aBuilderHoldsEverySetting() {
        GregConfig c = GregConfig.fixReg()
                .granularity(Granularity.CHANNEL)
                .score(ScoreKind.TAYLOR)
                .pickPruned(PickPruned.RAND)
                .semantics(Semantics.PAPER)
                .lrPrune(2)
                .updateRegInterval(4)
                .stabilizeRegInterval(6)
                .regUpperLimit(7)
                .regUpperLimitPick(8)
                .regGranularityPick(9)
                .regGranularityPrune(10)
                .regGranularityRecover(11)
                .magRatioLimit(12)
                .weightDecay(13)
                .momentum(0.5)
                .blockLossGrad(true)
                .seed(14)
                .build();
        assertEquals(
                new GregConfig(
                        PruningMethod.FIX_REG,
                        Granularity.CHANNEL,
                        ScoreKind.TAYLOR,
                        PickPruned.RAND,
                        Semantics.PAPER,
                        new GregConfig.Growing(4, 6, 7, 10, 12),
                        new GregConfig.Picking(8, 9, 11),
                        2,
                        13,
                        0.5,
                        true,
                        14),
                c);
        assertEquals(c, c.toBuilder().build());
    }

    @Test
    void badValuesNameTheirSetting() {
        refused("lrPrune", b -> b.lrPrune(0));
        refused("updateRegInterval", b -> b.updateRegInterval(0));
        refused("stabilizeRegInterval", b -> b.stabilizeRegInterval(-1));
        refused("regUpperLimit", b -> b.regUpperLimit(-1));
        refused("regUpperLimitPick", b -> b.regUpperLimitPick(Double.NaN));
        refused("regGranularityPick", b -> b.regGranularityPick(0));
        refused("regGranularityPrune", b -> b.regGranularityPrune(Double.POSITIVE_INFINITY));
        refused("regGranularityRecover", b -> b.regGranularityRecover(Double.NaN));
        refused("magRatioLimit", b -> b.magRatioLimit(0));
        refused("weightDecay", b -> b.weightDecay(-1e-4));
        refused("momentum", b -> b.momentum(1));
    }

    @Test
    void aStepThatFloat32SwallowsIsRefused() {
        // 1e-9 is added until about 0.03, where half a unit in the last place exceeds it: never 1
        refused("regGranularityPrune", b -> b.regGranularityPrune(1e-9));
        refused("regGranularityPick", b -> b.regGranularityPick(1e-11));
    }

    private static void refused(String setting, UnaryOperator<GregConfig.Builder> change) {
        GregConfig.Builder builder = change.apply(GregConfig.greg2());
        SettingException e = assertThrows(SettingException.class, builder::build, setting);
        assertEquals(setting, e.setting());
        assertTrue(e.getMessage().startsWith(setting + ": "), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }
}
